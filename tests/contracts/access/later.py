"""Cases of `abuses.jsonl` that no test claims yet, with the part of the product that will."""

from __future__ import annotations

ENABLING = "the flow by which an OAuth app is enabled for a source"
CONSOLE = "the web app: its sessions, search, live view and exports"
CONFIG = "the Config API"
PRIVACY = "deletion and suppression"
FUNCTIONS = "user code"
KEYS = "rotation of the secret key, and the search for a canary"
RECEIVER = "the example that receivers of webhooks copy"

LATER = {
    "ac_idor_search": CONSOLE,
    "ac_idor_export": CONSOLE,
    "ac_idor_ws": CONSOLE,
    "ac_idor_slug": CONFIG,
    "ac_idor_graph": CONSOLE,
    "ac_idor_suppress": PRIVACY,
    "ac_role_stale": CONSOLE,
    "ac_update_mask": CONFIG,
    "ac_token_scope": ENABLING,
    "ac_oauth_redir_prefix": ENABLING,
    "ac_oauth_redir_sub": ENABLING,
    "ac_oauth_redir_case": ENABLING,
    "ac_oauth_redir_localhost": ENABLING,
    "ac_oauth_state_missing": ENABLING,
    "ac_oauth_state_reuse": ENABLING,
    "ac_oauth_state_other": ENABLING,
    "ac_oauth_pkce_none": ENABLING,
    "ac_oauth_pkce_wrong": ENABLING,
    "ac_oauth_pkce_missing": ENABLING,
    "ac_oauth_code_reuse": ENABLING,
    "ac_oauth_code_late": ENABLING,
    "ac_oauth_code_race": ENABLING,
    "ac_oauth_redir_mismatch": ENABLING,
    "ac_oauth_client_secret_query": ENABLING,
    "ac_oauth_client_bad": ENABLING,
    "ac_oauth_scope_up": ENABLING,
    "ac_oauth_implicit": ENABLING,
    "ac_oauth_consent_csrf": ENABLING,
    "ac_oauth_logo_ssrf": ENABLING,
    "ac_oauth_uninstall": ENABLING,
    "ac_web_logout": CONSOLE,
    "ac_web_idle": CONSOLE,
    "ac_web_csrf_form": CONSOLE,
    "ac_web_csrf_nohdr": CONSOLE,
    "ac_web_csrf_null_origin": CONSOLE,
    "ac_web_csrf_get": CONSOLE,
    "ac_web_csrf_login": CONSOLE,
    "ac_web_cors_reflect": CONSOLE,
    "ac_web_cors_collect": CONSOLE,
    "ac_web_cors_vary": CONSOLE,
    "ac_web_enum_login": CONSOLE,
    "ac_web_enum_reset": CONSOLE,
    "ac_web_reset_host": CONSOLE,
    "ac_web_totp_replay": CONSOLE,
    "ac_web_pw_long": CONSOLE,
    "ac_web_pw_nul": CONSOLE,
    "ac_web_host_header": CONSOLE,
    "ac_sec_key_rotate": KEYS,
    "ac_sec_sig_replay": RECEIVER,
    "ac_sec_sig_tamper": RECEIVER,
    "ac_sec_env_secret": FUNCTIONS,
    "ac_gdpr_del_all": PRIVACY,
    "ac_gdpr_del_kill": PRIVACY,
    "ac_gdpr_del_alias": PRIVACY,
    "ac_gdpr_sup_latency": PRIVACY,
    "ac_gdpr_sup_wildcard": PRIVACY,
    "ac_gdpr_sup_tenant": PRIVACY,
}

MOST = 57
"""How many there may be: this number only shrinks."""
