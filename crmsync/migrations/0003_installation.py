"""Give this installation its key, which begins our ids in CRMs from now on.

Pushes that were asked for before keep the ids without it, since some may have been written under them already.
"""

import django.utils.timezone
from django.db import migrations, models

import crmsync.models.installation


def name_it(apps, schema_editor):
    asked_before = apps.get_model("crmsync", "Push").objects.exists()
    apps.get_model("crmsync", "Installation").objects.create(
        pk=1, keyed_at=django.utils.timezone.now() if asked_before else None
    )


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
                (
                    "keyed_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="Pushes asked for before this give ids without the key, for some may have been "
                        "written under them; empty where there were none.",
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.RunPython(name_it, migrations.RunPython.noop),
    ]
