"""Give this installation its key, which begins our ids in CRMs."""

from django.db import migrations, models

import crmsync.models.installation


def name_it(apps, schema_editor):
    apps.get_model("crmsync", "Installation").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("crmsync", "0002_room_to_update")]

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(default=crmsync.models.installation.new_key, editable=False, max_length=8),
                ),
            ],
        ),
        migrations.RunPython(name_it, migrations.RunPython.noop),
    ]
