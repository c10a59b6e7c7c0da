"""Whatever happens to users, roles and second steps is logged, by whatever way it happens.

It is noticed by the change in the database, in the same transaction: through Django's admin, a
page, or a command on the server.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from customers.audit import Target, note, whoever_acts

FIELDS = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser")
STEPS = {"totp": "authenticator app", "recovery_codes": "recovery codes"}


def _facts(user: User | None) -> dict[str, Any]:
    return {name: getattr(user, name) for name in FIELDS} if user else {}


def _is_sign_in(changed: frozenset[str] | None) -> bool:
    """Whether only its time is saved; signing in is logged as such."""
    return changed is not None and set(changed) == {"last_login"}


@receiver(pre_save, sender=User)
def _remember(instance: User, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    if not _is_sign_in(update_fields):
        vars(instance)["_before"] = _facts(User.objects.filter(pk=instance.pk).first())


@receiver(post_save, sender=User)
def _saved(
    instance: User, created: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    if _is_sign_in(update_fields):
        return
    before, after = vars(instance).pop("_before", {}), _facts(instance)
    if created:
        _note("user.add", instance, after=after)
        return
    changed = [name for name in FIELDS if before.get(name) != after[name]]
    if changed:
        was, now = ({name: facts[name] for name in changed} for facts in (before, after))
        _note("user.change", instance, before=was, after=now)
    if vars(instance).get("_password") is not None:  # not so when only its hash is renewed
        _note("password.change", instance)


@receiver(pre_delete, sender=User)
def _deleting(instance: User, **kwargs: Any) -> None:
    _note("user.delete", instance, before=_facts(instance) | {"roles": _roles(instance)})


@receiver(m2m_changed, sender=User.groups.through)
def _roles_changed(
    instance: User | Group, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    if action not in {"post_add", "post_remove", "pre_clear"}:
        return
    if isinstance(instance, Group):
        users = User.objects.filter(pk__in=pk_set) if pk_set else instance.user_set.all()
        for user in users:
            _note_roles(user, action, {instance.name})
        return
    groups = Group.objects.filter(pk__in=pk_set) if pk_set else instance.groups.all()
    _note_roles(instance, action, {group.name for group in groups})


def _note_roles(user: User, action: str, changed: set[str]) -> None:
    """`changed` are the roles that were given or taken; before a clearing, those that will be."""
    now = set(_roles(user)) - (changed if action == "pre_clear" else set())
    before = now - changed if action == "post_add" else now | changed
    if changed:
        _note("user.roles", user, before={"roles": sorted(before)}, after={"roles": sorted(now)})


def _roles(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


@receiver(m2m_changed, sender=Group.permissions.through)
def _permissions_changed(instance: Any, action: str, **kwargs: Any) -> None:
    if not isinstance(instance, Group):
        return
    may = sorted(instance.permissions.values_list("codename", flat=True))
    if action.startswith("pre_"):
        vars(instance)["_may_before"] = may
    elif (before := vars(instance).pop("_may_before", may)) != may:
        _note("role.change", instance, before={"may": before}, after={"may": may})


@receiver(pre_delete, sender=Group)
def _role_deleting(instance: Group, **kwargs: Any) -> None:
    _note("role.change", instance, before={"name": instance.name}, after={})


@receiver(post_save, sender=Authenticator)
def _step_added(instance: Authenticator, created: bool, **kwargs: Any) -> None:
    if created:
        _note_step("add", instance)


@receiver(post_delete, sender=Authenticator)
def _step_removed(instance: Authenticator, **kwargs: Any) -> None:
    _note_step("remove", instance)


def _note_step(verb: str, step: Authenticator) -> None:
    note(action_of(verb, step), actor=whoever_acts(), target=target_of(step))


def action_of(verb: str, step: Authenticator) -> str:
    return f"{'step' if step.type in STEPS else 'passkey'}.{verb}"


def target_of(step: Authenticator) -> Target:
    """An authenticator app, recovery codes or a passkey, and whose they are."""
    name = STEPS.get(step.type) or step.wrap().name
    return Target(label=f"{name} of {step.user.get_username()}")


def _note(action: str, about: User | Group, **details: Any) -> None:
    note(action, actor=whoever_acts(), target=Target(label=str(about)), **details)
