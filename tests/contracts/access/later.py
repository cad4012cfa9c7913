"""Cases of `abuses.jsonl` that no test claims yet, with the part of the product that will."""

from __future__ import annotations

ENABLING = "the flow by which an OAuth app is enabled for a source"
PRIVACY = "deletion and suppression"
FUNCTIONS = "user code"

LATER = {
    "ac_idor_suppress": PRIVACY,
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
    "ac_sec_env_secret": FUNCTIONS,
    "ac_gdpr_del_all": PRIVACY,
    "ac_gdpr_del_kill": PRIVACY,
    "ac_gdpr_del_alias": PRIVACY,
    "ac_gdpr_sup_latency": PRIVACY,
    "ac_gdpr_sup_wildcard": PRIVACY,
    "ac_gdpr_sup_tenant": PRIVACY,
}

MOST = 30
"""How many there may be: this number only shrinks."""
