"""What the templates of the admin can say beside Django's own tags."""
