"""What people keep for signing in: second steps, passkeys, a password, sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from customers.audit import actor_of, note
from customers.guard import page
from customers.http import Request, signed_in, stop
from customers.signin import second_step
from customers.signin.forms import NewPasswordForm

from .shared import FORM_AND_POST, tell_errors

HOME = reverse_lazy("mfa_index")

_set_up = page("account.view", posted="account.form", confirm=True, without_second_step=True)
totp_add = FORM_AND_POST(_set_up(never_cache(totp.activate_totp)))
totp_remove = FORM_AND_POST(_set_up(totp.DeactivateTOTPView.as_view(success_url=HOME)))
codes_view = require_safe(_set_up(never_cache(recovery.view_recovery_codes)))
codes_download = require_safe(_set_up(never_cache(recovery.download_recovery_codes)))
codes_renew = FORM_AND_POST(_set_up(recovery.generate_recovery_codes))
passkey_add = FORM_AND_POST(_set_up(webauthn.add_webauthn))
passkey_edit = FORM_AND_POST(_set_up(webauthn.EditWebAuthnView.as_view(success_url=HOME)))
passkey_remove = FORM_AND_POST(_set_up(webauthn.RemoveWebAuthnView.as_view(success_url=HOME)))


@require_safe
@page("account.view", without_second_step=True)
def account(request: Request) -> HttpResponse:
    kept = Authenticator.objects.filter(user=request.user).order_by("pk")
    context = {
        "passkeys": [each.wrap() for each in kept if each.type == Authenticator.Type.WEBAUTHN],
        "totp": _first(kept, Authenticator.Type.TOTP),
        "codes": _first(kept, Authenticator.Type.RECOVERY_CODES),
        "linked": SocialAccount.objects.filter(user=request.user).exists(),
        "required": second_step.is_missing(signed_in(request)),
        "sessions": UserSession.objects.filter(user=request.user).count(),
    }
    return render(request, "account/account.html", context)


def _first(kept: Any, kind: str) -> Any:
    return next((each.wrap() for each in kept if each.type == kind), None)


@FORM_AND_POST
@page("account.view", posted="account.form", confirm=True)
@sensitive_post_parameters()
def password(request: Request) -> HttpResponse:
    """A new password; whoever comes here has just shown who they are."""
    user = signed_in(request)
    if not user.has_usable_password():
        raise Http404(_("You sign in without a password."))
    form = NewPasswordForm(user, request.POST or None)
    if not form.is_valid():
        tell_errors(request, form)
        return render(request, "account/password.html", {"form": form})
    form.save()
    update_session_auth_hash(request, user)
    password_changed.send(sender=User, request=request, user=user)
    messages.success(request, _("Your password was changed. All other sessions have ended."))
    return redirect("mfa_index")


@FORM_AND_POST
@page("account.view", posted="account.form")
def session_list(request: Request) -> HttpResponse:
    """Where this person is signed in. POST ends one `session` by its number, "others" or "all"."""
    UserSession.objects.create_from_request(request)
    since = timezone.now() - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    every = UserSession.objects.purge_and_list(request.user)
    mine = [each for each in every if each.last_seen_at > since]
    if request.method != "POST":
        mine.sort(key=lambda each: (not each.is_current(), -each.last_seen_at.timestamp()))
        return render(request, "account/sessions.html", {"sessions": mine})
    wanted = request.POST.get("session", "")
    ending = [each for each in mine if _is_meant(each, wanted)]
    if not ending:
        stop(request, "It had ended already.")
        messages.info(request, _("This session had ended already."))
        return redirect("account_sessions")
    note("session.end", actor=actor_of(request), asked={"ended": len(ending), "of": len(mine)})
    end_sessions(request, ending)
    ended = _("Ended: %(n)s of %(all)s sessions.") % {"n": len(ending), "all": len(mine)}
    messages.success(request, ended)
    return redirect("account_sessions")


def _is_meant(session: UserSession, wanted: str) -> bool:
    if wanted == "others":
        return not session.is_current()
    return wanted in {"all", str(session.pk)}
