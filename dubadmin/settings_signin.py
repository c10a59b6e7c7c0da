"""Settings of signing in: who may come in, how, and for how long."""

from __future__ import annotations

from customers.roles import ROLES

from .environment import env, secure_address, some_of, whole, yes_or_no

HTTPS = yes_or_no("HTTPS", False)
SESSION_IDLE_MINUTES = whole("SESSION_IDLE_MINUTES", 60, least=1, most=10_080)
SESSION_HOURS = whole("SESSION_HOURS", 12, least=1, most=744)
CONFIRM_MINUTES = whole("CONFIRM_MINUTES", 15, least=1, most=1440)
INVITATION_HOURS = whole("INVITATION_HOURS", 72, least=1, most=744)
MFA_REQUIRED_FOR = some_of("MFA_REQUIRED_FOR", ROLES)
OIDC_ISSUER = secure_address("OIDC_ISSUER")
OIDC_NAME = env.str("OIDC_NAME", default="single sign-on").strip()
OIDC_CLIENT = {
    "client_id": env.str("OIDC_CLIENT_ID", default="").strip(),
    "secret": env.str("OIDC_CLIENT_SECRET", default="").strip(),
}
OIDC_TRUST_EMAIL = yes_or_no("OIDC_TRUST_EMAIL", False)
if OIDC_ISSUER and not all(OIDC_CLIENT.values()):
    raise SystemExit(
        "dubadmin: the setting OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET beside it."
    )

AUTHENTICATION_BACKENDS = ["customers.signin.backends.ByRole"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
_host_only = "__Host-" if HTTPS else ""
SESSION_ENGINE = "customers.signin.store"
SESSION_COOKIE_NAME = f"{_host_only}dubadmin_session"
CSRF_COOKIE_NAME = f"{_host_only}dubadmin_csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# `timeouts` ends a session long before: a form that was left open over the weekend still has its
# person, and is kept while they sign in.
SESSION_COOKIE_AGE = (SESSION_HOURS + 72) * 3600
CSRF_FAILURE_VIEW = "customers.views.accounts.form_expired"

ACCOUNT_ADAPTER = "customers.signin.adapters.Accounts"
ACCOUNT_FORMS = {"login": "customers.signin.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}  # our form finds the user name of an e-mail address
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # there is no sign-up
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator knows the address
ACCOUNT_SESSION_REMEMBER = True  # `timeouts` ends a session
ACCOUNT_REAUTHENTICATION_TIMEOUT = CONFIRM_MINUTES * 60
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_ADAPTER = "customers.signin.adapters.SecondSteps"
MFA_FORMS = {
    "authenticate": "customers.signin.forms.CodeForm",
    "authenticate_webauthn": "customers.signin.forms.PasskeyForm",
    "login_webauthn": "customers.signin.forms.PasskeySignInForm",
    "add_webauthn": "customers.signin.forms.NewPasskeyForm",
    "activate_totp": "customers.signin.forms.FirstCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "dubadmin"
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "customers.signin.adapters.SingleSignOn"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form may not lead to another site
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "VERIFIED_EMAIL": OIDC_TRUST_EMAIL,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "settings": {"server_url": OIDC_ISSUER},
                **OIDC_CLIENT,
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
