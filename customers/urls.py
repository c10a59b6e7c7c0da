"""Addresses. They are stable: people bookmark them (product.md lists them)."""

from allauth.account import views as allauth
from allauth.mfa.base.views import authenticate
from allauth.mfa.webauthn.views import login_webauthn
from django.urls import path, register_converter

from .addresses import CustomerId
from .views import (
    accounts,
    batches,
    correct,
    customers,
    figures,
    home,
    incoming,
    invitations,
    log,
    mapping,
    own_account,
    preferences,
    record,
    results,
    undo,
)

register_converter(CustomerId, "customer")
SSO = {"provider_id": "sso"}

urlpatterns = [
    path("", home.home, name="home"),
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/find/", customers.customer_find, name="customer_find"),
    path("customers/<customer:id>/edit/", correct.customer_edit, name="customer_edit"),
    path("customers/<customer:id>/delete/", correct.customer_delete, name="customer_delete"),
    path("customers/<customer:id>/", customers.customer_detail, name="customer_detail"),
    path("leads/new/", record.lead_new, name="lead_new"),
    path("sales/new/", record.sale_new, name="sale_new"),
    path("sales/minor/", record.sale_minor, name="sale_minor"),
    path("results/<int:number>/", results.result, name="result"),
    path("results/<int:number>/follow/", results.result_follow, name="result_follow"),
    path("results/<int:number>/settle/", results.result_settle, name="result_settle"),
    path("results/<int:number>/resend/", results.result_resend, name="result_resend"),
    path("results/<int:number>/undo/", undo.result_undo, name="result_undo"),
    path("batches/", batches.batch_list, name="batch_list"),
    path("batches/new/", batches.batch_new, name="batch_new"),
    path("batches/<int:number>/", batches.batch_detail, name="batch_detail"),
    path("batches/<int:number>/follow/", batches.batch_follow, name="batch_follow"),
    path("batches/<int:number>/stop/", batches.batch_stop, name="batch_stop"),
    path("batches/<int:number>/resume/", batches.batch_resume, name="batch_resume"),
    path("imports/", incoming.import_list, name="import_list"),
    path("imports/new/", incoming.import_new, name="import_new"),
    path("imports/template/<slug:kind>/", incoming.import_template, name="import_template"),
    path("imports/mappings/", mapping.mapping_list, name="mapping_list"),
    path("imports/<int:number>/", incoming.import_detail, name="import_detail"),
    path("imports/<int:number>/map/", mapping.import_map, name="import_map"),
    path("imports/<int:number>/reading/", mapping.import_reading, name="import_reading"),
    path("imports/<int:number>/reread/", mapping.import_reread, name="import_reread"),
    path("imports/<int:number>/delete/", mapping.import_delete, name="import_delete"),
    path("audit/", log.audit_list, name="audit_list"),
    path("audit/<int:number>/", log.audit_entry, name="audit_entry"),
    # The names beginning with account_, mfa_ and openid_ are those that allauth asks for.
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/login/step/", authenticate, name="mfa_authenticate"),
    path("accounts/login/passkey/", login_webauthn, name="mfa_login_webauthn"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/sso/", accounts.sso_start, SSO, name="openid_connect_login"),
    path("accounts/sso/callback/", accounts.sso_callback, SSO, name="openid_connect_callback"),
    path("accounts/confirm/", accounts.confirm, name="account_reauthenticate"),
    path("accounts/held/", accounts.held_form, name="account_held"),
    path("accounts/", own_account.account, name="mfa_index"),
    path("accounts/app/add/", own_account.totp_add, name="mfa_activate_totp"),
    path("accounts/app/remove/", own_account.totp_remove, name="mfa_deactivate_totp"),
    path("accounts/codes/", own_account.codes_view, name="mfa_view_recovery_codes"),
    path("accounts/codes/new/", own_account.codes_renew, name="mfa_generate_recovery_codes"),
    path("accounts/codes/file/", own_account.codes_download, name="mfa_download_recovery_codes"),
    path("accounts/passkeys/add/", own_account.passkey_add, name="mfa_add_webauthn"),
    path("accounts/passkeys/<int:pk>/", own_account.passkey_edit, name="mfa_edit_webauthn"),
    path(
        "accounts/passkeys/<int:pk>/remove/", own_account.passkey_remove, name="mfa_remove_webauthn"
    ),
    path("accounts/preferences/", preferences.preferences, name="preferences"),
    path("accounts/preferences/theme/", preferences.preferences_theme, name="preferences_theme"),
    path("accounts/password/", own_account.password, name="account_change_password"),
    path("accounts/sessions/", own_account.session_list, name="account_sessions"),
    path("accounts/invitations/", invitations.invitation_list, name="invitation_list"),
    path(
        "accounts/invitations/<int:number>/withdraw/",
        invitations.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path("accounts/invited/<token>/", invitations.invitation_accept, name="invitation_accept"),
    path("healthz", home.healthz, name="healthz"),
    path("readyz", home.readyz, name="readyz"),
    path("metrics", figures.metrics, name="metrics"),
]
