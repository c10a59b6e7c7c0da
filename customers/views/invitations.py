"""Inviting people, and accepting an invitation."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from customers.audit import actor_of
from customers.guard import page
from customers.http import Request, stop
from customers.models import Invitation
from customers.signin import invitations
from customers.signin.forms import InviteForm, NewPasswordForm

from .shared import FORM_AND_POST, tell_errors

SHOWN = 100


@FORM_AND_POST
@page("users.view", posted="users.form", permission="auth.add_user", confirm=True)
def invitation_list(request: Request) -> HttpResponse:
    """GET: all invitations, open ones with their link. POST: one more."""
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            invitation = invitations.invite(**form.cleaned_data, actor=actor_of(request))
        except invitations.AlreadyInvited:
            already = gettext_lazy("There is an open invitation for this address already.")
            form.add_error("email", already)
        else:
            _tell(request, invitation)
            return redirect("invitation_list")
    tell_errors(request, form)
    rows = [(each, _link(request, each)) for each in Invitation.objects.all()[:SHOWN]]
    context = {"form": form, "rows": rows, "hours": settings.INVITATION_HOURS}
    return render(request, "account/invitations.html", context)


def _link(request: Request, invitation: Invitation) -> str:
    if invitation.state != "open":
        return ""
    path = reverse("invitation_accept", args=[invitations.token_of(invitation)])
    return request.build_absolute_uri(path)


def _tell(request: Request, invitation: Invitation) -> None:
    """Sends the link where there is an e-mail server; it can be copied anyway."""
    if not settings.EMAIL_URL:
        copy = _("Copy the link below and send it to %(name)s.") % {"name": invitation.name}
        messages.success(request, copy)
        return
    context = {"invitation": invitation, "link": _link(request, invitation)}
    text = render_to_string("account/invitation.txt", context)
    try:
        send_mail("Your account at dubadmin", text, None, [invitation.email])
    except (OSError, smtplib.SMTPException):
        failed = _("The e-mail could not be sent. Copy the link below and send it yourself.")
        messages.warning(request, failed)
    else:
        sent = _("The link was sent to %(address)s.") % {"address": invitation.email}
        messages.success(request, sent)


@require_POST
@page("users.view", posted="users.form", permission="auth.add_user", confirm=True)
def invitation_withdraw(request: Request, number: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=number)
    if invitations.withdraw(invitation, actor=actor_of(request)):
        gone = _("The link of %(name)s no longer works.") % {"name": invitation.name}
        messages.success(request, gone)
    else:
        stop(request, "It was not open any more.")
        messages.warning(request, _("This invitation was not open any more."))
    return redirect("invitation_list")


@never_cache
@FORM_AND_POST
@sensitive_post_parameters()
def invitation_accept(request: Request, token: str) -> HttpResponse:
    """Whoever has the link chooses a password, and has an account."""
    if request.user.is_authenticated:
        why = format_lazy(
            gettext_lazy("You are signed in as {name}. Sign out first."),
            name=request.user.get_username(),
        )
        return _refused(request, why)
    try:
        invitation = invitations.by_token(token)
        user = invitations.future_user(invitation)
        form = NewPasswordForm(user, request.POST or None)
        if not form.is_valid():
            tell_errors(request, form)
            context = {"form": form, "invitation": invitation, "user_name": user.get_username()}
            return render(request, "account/accept.html", context)
        user.set_password(form.cleaned_data["new_password1"])
        invitations.accept(invitation, user=user, request=request)
    except invitations.NotOpen:
        why = gettext_lazy("It was used, withdrawn or is too old. Ask for a new one.")
        return _refused(request, why)
    ready = _("Your account is ready. Your user name is %(name)s.")
    messages.success(request, ready % {"name": user.get_username()})
    return redirect("account_login")


def _refused(request: Request, why: str | Promise) -> HttpResponse:
    stop(request, why)
    context = {"title": _("This invitation cannot be used"), "why": why}
    return render(request, "account/refused.html", context, status=410)
