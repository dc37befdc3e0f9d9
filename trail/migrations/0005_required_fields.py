
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trail', "0004_export_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name='workflow',
            name='budget_cents',
            field=models.PositiveIntegerField(default=0, help_text='Cents a day that may be spent on such questions; 0 asks nothing that costs.'),
        ),
        migrations.AddField(
            model_name='workflow',
            name='required',
            field=models.JSONField(blank=True, default=dict, help_text='Fields that a record should have: {"contact": ["phone"], "property": ["year_built"]}. What is missing is asked of a provider, once.'),
        ),
    ]
