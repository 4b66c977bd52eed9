#include "fakes/auth/keys.hpp"

namespace raceproof::fakes::auth {

const std::string_view test_private_key = R"(-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC3O+9/3aFwqxKV
/lQ/2wCtqaEeAHKso8BY56ZFYLdfh2m4PAZGZ6CAZUYwGabPCYH4pv3hheGjqhku
bU3cfmpecj6+arrBiHDvXBU6gC1JW6z/PfKwRrBE3/zNefwZWWxVUnhrBdEl3ZK6
uNcC34YaTB7L37e3Q18pA0W6RGX+EAfWOtLmVutkKGCgO19A+htauBkczOU1o10P
+d/CEVf3KKhxvSmgV0H458bNhLU8rXRNHcZyWlXOVWgGZ+I7Rk1QN0eUYQgc7yhA
K3J5NgJtnva7zpZc7OTNF9Y6Azm9THQb0XbzcCVY9hecR9fAQmt2ezVVSfrlybhS
0544A/vZAgMBAAECggEAFcCDugYxeBKW7j92+O2isvsEKW+cLWpzFxrI3kuQ+UI2
Bqz5gbojj5p2Lpec+c8DIuWQFgmys58pxh0rtRU8w2GEmU5KRVdRMNkZnAxDVAYS
D2rnOI3rtwFwHWRxzQCUn7xelzXlkj0vggMXYzvty4llzoYMZTEWRuQgjvA3u2Uv
7923viyfc+cZ2eTJivJ6gV5cOj3oh8cpJTcDGRvVIgND55STaZBuiOSxcAHooI8p
WPsX5Hp1/+7QkKEMdUWzfcMcs4SnurDgLgjX9EnWdO2yJ2CUoXeBQfqHsA7zNMCc
B5dS/jMGCbd6gxdMholyQEFkjygGxNwZllbsvBBMUQKBgQD2TJ45WC0flr65lze5
flhQtGZEwWoV13MF444dVripjx1J1n2YEOuG4q5OQZjvzprc+fZcpFkNDnbgOInO
lNvWX5Ht+5toMU8+EaPRrWc1WAxKJRMFxxUOrmWMByybgdd8l4GVtFydTUE9aIlX
bR/lTmIzEwu3xkNI/n/OjxYUzwKBgQC+c3H3zGhDCEtSgLOCfrcyolezK0ZJ+1pL
+Tc7ow6BdqQd4zp39KQxPNB+UJUDV3DmSrc+pcibMjhHVDKsHuiH78VAolXniv77
MlAmna6YeiAQUjNWmvjIg6fWScj0MIneXvQOV329lyxa+R0l+SyATzNOURjRo1BC
PDli2APe1wKBgQDBJMo7S+NuzybXoTbotqSI/T7pkgcgA6lGp/DtHvGGvh0IpzQs
SLB6QU7RPW2yOIGG4loIwjS3IW2lXZDruB5BGQb16gYvieOLWAfwSJwT3+0bQ8GM
GVdxAN/PFF0twX97S9Ap1pt+G3QatNxm+8M0behiBwB8Z/ShzDnrgJefTwKBgB9m
/aW0KITU+0ZxPigIKMDKj9dVDVPpg+v+/aJxslSacVkUPHHG/sO3mVEajFdutYjj
TO+hekBMuYbZVTmYJxMy771Ghw+UlZJpq1mSqlUt3deTFi/zgY3eV3A33lCVKEZo
Namft3XpVUDyzmGSgkntxTHmoUb/vJ4PPA8WOx0lAoGARP9ies2xnUtkrN5/7Dh7
688ZmyjNYksFU7OkBOniLGmg+v13MqCBFlzyE2VK+VZjulaMmh7HbQIDYdGSz6Sn
4F4KV7JtOrJKPYUGiQHyEm774wbtgFno+mKPSL4raKquu1o1rUaxL5LbyoA+TzIQ
wBi4vdsIdqGKJYhvSWIfbrU=
-----END PRIVATE KEY-----
)";

const std::string_view test_public_key = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtzvvf92hcKsSlf5UP9sA
ramhHgByrKPAWOemRWC3X4dpuDwGRmeggGVGMBmmzwmB+Kb94YXho6oZLm1N3H5q
XnI+vmq6wYhw71wVOoAtSVus/z3ysEawRN/8zXn8GVlsVVJ4awXRJd2SurjXAt+G
Gkwey9+3t0NfKQNFukRl/hAH1jrS5lbrZChgoDtfQPobWrgZHMzlNaNdD/nfwhFX
9yiocb0poFdB+OfGzYS1PK10TR3GclpVzlVoBmfiO0ZNUDdHlGEIHO8oQCtyeTYC
bZ72u86WXOzkzRfWOgM5vUx0G9F283AlWPYXnEfXwEJrdns1VUn65cm4UtOeOAP7
2QIDAQAB
-----END PUBLIC KEY-----
)";

const std::string_view test_key_set =
    R"({"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"raceproof-test","e":"AQAB","n":")"
    R"(tzvvf92hcKsSlf5UP9sAramhHgByrKPAWOemRWC3X4dpuDwGRmeggGVGMBmmzwmB-Kb94YXho6oZLm1N)"
    R"(3H5qXnI-vmq6wYhw71wVOoAtSVus_z3ysEawRN_8zXn8GVlsVVJ4awXRJd2SurjXAt-GGkwey9-3t0Nf)"
    R"(KQNFukRl_hAH1jrS5lbrZChgoDtfQPobWrgZHMzlNaNdD_nfwhFX9yiocb0poFdB-OfGzYS1PK10TR3G)"
    R"(clpVzlVoBmfiO0ZNUDdHlGEIHO8oQCtyeTYCbZ72u86WXOzkzRfWOgM5vUx0G9F283AlWPYXnEfXwEJr)"
    R"(dns1VUn65cm4UtOeOAP72Q)"
    R"("}]})";

}  // namespace raceproof::fakes::auth
