/** Of tests alone: EC P-256, `CN=turn.example`, made with `openssl req -x509 -nodes -days 36500`. */
export const selfSigned: { readonly cert: string; readonly key: string } = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUFnYpsOslaOi3oUFGKYf6LcDIDrcwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMdHVybi5leGFtcGxlMCAXDTI2MTEyMTA3MzMwN1oYDzIxMjYx
MDI4MDczMzA3WjAXMRUwEwYDVQQDDAx0dXJuLmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQnEqhb/8yeqiBpqFOsK6lCaIksLFAqutLNFqSHAuhBLDLj
3dm2yMAAPwecUtU6xEaGchXpPeO8GwAF8746p4+4o1MwUTAdBgNVHQ4EFgQUbWgz
c6DYMH5Nh3xDCl7vAbgC0rcwHwYDVR0jBBgwFoAUbWgzc6DYMH5Nh3xDCl7vAbgC
0rcwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAtXozKQz8WVAD
2oQDgcc5ZNlarDwVJZ9GsmoWFogdgNsCIBYcjPRNuq3604x8gQRWXsqD0ijshF0M
X3Wcpj/740j4
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6hjuB5SnndJp7+zA
1I9krnpvzwL0nmcOEhUm3ugAZEehRANCAAQnEqhb/8yeqiBpqFOsK6lCaIksLFAq
utLNFqSHAuhBLDLj3dm2yMAAPwecUtU6xEaGchXpPeO8GwAF8746p4+4
-----END PRIVATE KEY-----
`,
}
