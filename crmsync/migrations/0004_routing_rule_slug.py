"""Know a routing rule by a slug, so that it can be renamed; rules that are there get theirs from their names."""

from django.db import migrations, models
from django.utils.text import slugify


def name_rules(apps, schema_editor):
    taken = set()
    for rule in apps.get_model("crmsync", "RoutingRule").objects.order_by("id"):
        start = slug = slugify(rule.name)[:44].strip("-") or "rule"
        number = 2
        while slug in taken:
            slug, number = f"{start}-{number}", number + 1
        taken.add(slug)
        rule.slug = slug
        rule.save(update_fields=["slug"])


class Migration(migrations.Migration):
    dependencies = [("crmsync", "0003_installation")]

    operations = [
        migrations.AddField("routingrule", "slug", models.SlugField(db_index=False, default="")),
        migrations.RunPython(name_rules, migrations.RunPython.noop),
        migrations.AlterField("routingrule", "slug", models.SlugField(unique=True)),
        migrations.AlterField("routingrule", "name", models.CharField(max_length=80)),
    ]
