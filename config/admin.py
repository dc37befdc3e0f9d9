"""Users and roles in unfold's forms, and what must not stand in the admin at all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django_celery_beat import models as beat
from rest_framework.authtoken.models import TokenProxy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.roles import ROLES
from trail.admin.columns import ago, stacked, tag

for _model in (
    # Tokens would be shown in full to whoever may look; `manage.py drf_create_token` makes one and shows it once.
    TokenProxy,
    # What runs when is code (config/schedule.py); a row edited here would change nothing and promise otherwise.
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
    User,
    Group,
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("named", "roles", "standing", "seen")
    list_filter = ("is_active", "is_superuser", "groups")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description="Person", ordering="username")
    def named(self, user: User) -> str:
        return stacked(user.get_full_name() or user.username, user.username)

    @display(description="Roles")
    def roles(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        return ", ".join(["Superuser", *names] if user.is_superuser else names) or "-"

    @display(description="State", ordering="is_active")
    def standing(self, user: User) -> str:
        return tag("Active", "good") if user.is_active else tag("Off", "quiet")

    @display(description="Last login", ordering="last_login")
    def seen(self, user: User) -> str:
        return ago(user.last_login)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles. The four of Steward are code (config/roles.py) and cannot be changed here; others can."""

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.name not in ROLES)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and (obj is None or obj.name not in ROLES)
