"""The names and places of files that hold secrets, as data. How a path is compared with them is in `secret_names`.

Each table maps a kind, in words for a message, to rows that are separated by blanks, all in lower case:

- `name`: a file of this name;
- `*.ending`, `begin*end`: a file whose name ends, or begins and ends, so;
- `name+`: a file of this name, also with anything behind it that begins with one of `. - _` or a blank;
- `folder/name`: a file of this name in a folder of this name; `folder/**/name` and `folder/**`: at any depth.

Copies and backups (`id_rsa.bak`, `.netrc~`, `credentials (1).json`, `kubeconfig-prod`) need no rows of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


KEY_ROWS: Final[Mapping[str, str]] = {
    "a private key or a key store": """
        id_rsa+ id_dsa+ id_ecdsa+ id_ed25519+ id_xmss+ id_ecdsa_sk+ id_ed25519_sk+ ssh_host*key *_rsa *_dsa *_ecdsa
        *_ed25519 *.pem *.key *.p8 *.p12 *.pfx *.pkcs12 *.jks *.jceks *.bcfks *.bks *.keystore *.kdb *.kdbx *.ppk
        *.gpg *.pgp *.age *.agekey *.keytab *.keychain *.keychain-db keychain.plist *.jwk private.asc *-private.asc
        *_private.asc secret.asc *-secret.asc secring.* wallet.dat private_key private-key privatekey
    """,
}
"""Key material. No `.example` at its end excuses it. A `*.pem` may be a public certificate; its name does not tell."""

SECRET_ROWS: Final[Mapping[str, str]] = {
    "an environment file": """
        .env+ *.env .envrc+ .flaskenv+ .dev.vars+ .environment env.local env.prod env.production env.dev
        env.development env.staging env.stage .renviron+ renviron.site *.tfvars *.tfvars.json
    """,
    "the state of an infrastructure": "*.tfstate *.tfstate.*",
    "the passwords or tokens of a program": """
        .netrc+ _netrc netrc .authinfo .pgpass pgpass pgpass.conf .pgpass.conf .my.cnf .mylogin.cnf .npmrc+ npmrc
        .yarnrc .yarnrc.yml .pypirc+ pypirc pip.conf pip.ini .git-credentials+ git-credentials .gitcredentials
        .htpasswd+ htpasswd .htdigest htdigest .s3cfg+ .s3curl .boto .dockercfg .dockerconfigjson .terraformrc
        terraform.rc credentials.tfrc.json .databrickscfg rclone.conf .rclone.conf kaggle.json .sentryclirc
        sentry.properties .clasprc.json ngrok.yml .ngrok.yml .msmtprc msmtprc .fetchmailrc .mbsyncrc mbsyncrc
        .offlineimaprc .getmailrc .cqlshrc .redisclirc .rediscli_auth .passwd-s3fs passwd-s3fs .smbcredentials
        smbcredentials .cifs-credentials credentials .credentials .credentials.json oauth_creds.json kubeconfig+
        *.kubeconfig *-kubeconfig *_kubeconfig *-kubeconfig.y*ml *_kubeconfig.y*ml admin.conf super-admin.conf
        k3s.yaml rke2.yaml local.settings.json key.properties keystore.properties signing.properties
        sftp-config.json .ftpconfig .remote-sync.json sitemanager.xml recentservers.xml winscp.ini
        wpa_supplicant.conf *.nmconnection
    """,
    "the key of a VPN": "*.ovpn wg.conf *.wg wireguard.conf",
    "the key of a cloud's account": """
        application_default_credentials.json client_secret*.json *service-account*.json *service_account*.json
        *serviceaccount*.json *firebase-adminsdk*.json gha-creds-*.json credentials.csv rootkey.csv *accesskeys.csv
        *_credentials.csv aws_credentials aws-credentials
    """,
    "a file of passwords or tokens": """
        .secret .secrets secret secrets *.secret *.secrets .token token *.token .password .passwd password passwd
        *.password *.passwd *.apikey *.credentials .vault-token+ .vault_pass+ .vault-pass+ .vault_password+
        .vault-password+ .ansible_vault_pass+ .ansible-vault-pass+ .ansible_vault_password .ansible-vault-password
        vault_pass.txt vault-password.txt vault_password.txt secrets.ini passwords.csv passwords.txt recovery.codes
        2fa.txt bitwarden_export* lastpass*.csv *recovery-codes* *recovery_codes* *backup-codes* *backup_codes*
    """,
    "the history of a command line": "*_history .history consolehost_history.txt .rhistory .lesshst .viminfo .dbshell",
}
"""Names by which files hold secrets by convention."""

WORD_ROWS: Final[Mapping[str, str]] = {
    "a file of passwords or tokens": """
        auth.json token.json secrets.*.y*ml secrets.*.json secrets.*.toml secrets-*.y*ml secrets-*.json
        secrets-*.toml secrets_*.y*ml secrets_*.json secret-*.y*ml secret.*.y*ml secret_*.y*ml
    """,
}
"""Names that are also those of translations and of templates, where they lie in a folder of such."""

PLACE_ROWS: Final[Mapping[str, str]] = {
    "a private key or a key store": """
        .ssh/** .gnupg/** appdata/roaming/gnupg/** .password-store/** sops/age/** .local/share/keyrings/**
        library/keychains/** wireguard/** etc/shadow etc/shadow- etc/gshadow etc/gshadow- etc/master.passwd etc/spwd.db
        etc/ssl/private/** etc/pki/tls/private/** etc/pki/private/** etc/letsencrypt/** etc/ipsec.d/private/**
        .bitcoin/** .electrum/**
    """,
    "the key of a cloud's account": """
        .aws/** .azure/** .config/gcloud/** appdata/roaming/gcloud/** .oci/** .aliyun/** .bluemix/** .ibmcloud/**
        .kube/** .kubernetes/*.conf kubernetes/admin.conf kubernetes/*kubelet.conf .config/doctl/** .doctl/**
        .fly/config.yml .railway/config.json .heroku/** .netlify/config.json .config/netlify/config.json
        .databricks/** .snowsql/** .snowflake/** .pulumi/credentials.json
    """,
    "the passwords or tokens of a program": """
        .docker/config.json .docker/contexts/** .docker/machine/** .cargo/credentials* .gem/credentials
        .bundle/config .config/gh/** .config/glab-cli/** .config/hub .config/github-copilot/** .config/op/** .op/**
        .config/rclone/** .config/ngrok/** .ngrok2/** .config/configstore/** .streamlit/secrets.toml
        .m2/settings.xml .m2/settings-security.xml .gradle/gradle.properties .nuget/nuget.config nuget/nuget.config
        .pip/pip.conf usersecrets/** .dbt/profiles.yml .kaggle/** .huggingface/token huggingface/token
        huggingface/stored_tokens .gsutil/** .subversion/auth/** .svn/auth/** .vscode/sftp.json .vscode/ftp-kr.json
        .filezilla/** .purple/accounts.xml .continue/config.json .continue/config.y*ml .git/config
        .git/config.worktree .git/modules/**/config .git/worktrees/**/config.worktree .git/credentials
        etc/sudoers etc/sudoers.d/** etc/security/opasswd etc/ppp/chap-secrets etc/ppp/pap-secrets etc/sasldb2
        etc/postfix/sasl_passwd etc/exim4/passwd.client proc/**/environ
        .ansible/tmp/** system-connections/** .config/sops/** .mozilla/**/logins.json .local/share/fish/fish_history
    """,
    "a file of passwords or tokens": """
        .secrets/** .secret/** group_vars/**/vault.y*ml host_vars/**/vault.y*ml run/secrets/** serviceaccount/token
    """,
}
"""Places of files whose names are harmless elsewhere."""

SECRET_FOLDERS: Final = _words("""
    secrets secret credentials creds .credentials private_keys .env env.d
""")
"""Folders in which data (not source, nor what describes a package) is taken for secret, at most two levels deep."""

HARMLESS_ROWS: Final = """
    known_hosts authorized_keys allowed_signers *.pub .gitkeep .gitignore
"""
"""Names that hold nothing secret, in whichever place: public keys, and what git wants to find in a folder."""

EXCUSED_ROWS: Final = """
    *external-secret* *external_secret* *sealed-secret* *sealed_secret* *sealedsecret* *externalsecret*
    *secret-scan* *secrets-scan* *secret_scan* *secrets_scan* *secret-detect* *secrets-detect* *secret-store*
    *secrets-store* *secret-manager* *secrets-manager* *secret-provider* *secrets-provider* *secret-rotat*
    *secrets-rotat* .sops.y*ml .secrets.baseline
"""
"""Names that speak of secrets and hold none: references, encrypted values, the configuration of scanners."""

TEMPLATES: Final = _words("""
    example examples sample samples template templates tmpl tpl dist default defaults schema spec dummy placeholder
    j2 jinja jinja2 mustache erb gotmpl hbs in
""")
"""Last, or before the extension, in the name of what a project commits so that others know which values there are."""

TEMPLATE_FIRST: Final = frozenset({"example", "sample", "template", "dummy"})
"""First in such a name (`example.env`)."""

ORDINARY_FOLDERS: Final = _words("""
    .github .gitlab .circleci templates locale locales lang langs languages i18n l10n intl translations messages
""")
"""Folders of workflows, templates and translations: the words in the name of a file of `ORDINARY_ENDINGS` near below
tell nothing.
"""

ORDINARY_ENDINGS: Final = _words("""
    json json5 yaml yml properties xml
""")

SECRET_WORDS: Final = _words("""
    secret secrets credential credentials creds apikey apikeys accesskey accesskeys secretkey secretkeys privatekey
    privatekeys signingkey encryptionkey deploykey serviceaccountkey servicekey accesstoken accesstokens authtoken
    authtokens apitoken apitokens bearertoken refreshtoken refreshtokens clientsecret clientsecrets oauthtoken
    gcpkey adminkey keyfile recoverycodes backupcodes
""")
"""With these as its last words, joined, a file of data is secret (`aws-credentials.json`, `apiKeys.toml`)."""

SECRET_TEXT_WORDS: Final = _words("""
    password passwords passwd passphrase token apikey privatekey
""")
"""With these as its last word, a plain text is secret (`db_password.txt`, `github-token.txt`)."""

DATA_ENDINGS: Final = _words("""
    json json5 jsonc yaml yml toml ini txt text csv tsv conf cfg config cnf properties xml plist edn dec b64
""")
"""Extensions of data. A file of source is never secret by the words in its name."""

TEXT_ENDINGS: Final = _words("""
    txt text csv tsv
""")

MANIFESTS: Final = _words("""
    makefile gnumakefile dockerfile containerfile license licence copying notice readme changelog jenkinsfile
    justfile procfile gemfile rakefile vagrantfile codeowners build workspace package.json package-lock.json
    tsconfig.json jsconfig.json deno.json composer.json pom.xml androidmanifest.xml cargo.toml pyproject.toml
    setup.cfg tox.ini requirements.txt cmakelists.txt kustomization.yaml kustomization.yml chart.yaml project.json
    module.json docker-compose.yml docker-compose.yaml compose.yaml compose.yml mkdocs.yml angular.json readme.txt
    index.json .gitattributes .editorconfig .helmignore .dockerignore .prettierrc .eslintrc.json
""")
"""Names of files that describe a package or a folder: ordinary in every folder."""

SOURCE_ENDINGS: Final = _words("""
    ada adb ads asm astro awk bash bat bicep bzl c c++ cc cjs clj cljc cljs cls cmake cmd coffee cpp cr cs cshtml
    csproj css csx cts cu cuh cxx d dart el elm erb erl ex exs f f90 fish frag fs fsi fsx gd gleam glsl go gql
    gradle graphql groovy h haml hbs hcl heex hh hlsl hpp hrl hs htm html hxx idr inl ipp ipynb jade java jl js jsx
    kt kts less lhs liquid lisp lua m markdown md mdx metal mjs mk ml mli mm mts mustache nim nix odin pas php pl pm
    pp prisma proto ps1 psd1 psm1 pug purs pxd py pyi pyx r rake razor rb re rei rkt rs rst s sass sbt scala scm
    scss sh sol sql star styl sv svelte svh swift tcl tex tf thrift ts tsx twig v vala vb vert vhd vhdl vim vue wgsl
    xaml xsl xslt zig zsh adoc
""")
"""Extensions of source and of prose."""

COPY_WORDS: Final = _words("""
    copy kopie copie copia cópia kopia bak bkp bck backup backups back bk old orig original save saved sav prev
    previous last new tmp temp part swp swo swn swx swpx crswap rej mine theirs ours yours base remote dpkg-old
    dpkg-new dpkg-dist ucf-old ucf-new rpmnew rpmsave rpmorig pacnew pacsave autosave disabled off unused deleted
    broken un kate-swp working merged conflict b64 base64 txt archive archived final fixed
""")
"""Behind a name, or in front of its extension: a copy of the file, or a backup that a program made."""

VARIANT_WORDS: Final = _words("""
    local prod production dev devel development stage staging test testing qa uat live ci private personal work home
    admin root main master deploy backup
""")
"""Behind a name: the same file of another machine, stage or person."""

WORDS_BEFORE: Final = _words("""
    backup bak old my new orig tmp temp prod production dev local staging stage test live private readonly encrypted
    executable
""")
"""In front of a name, with a separator between: a copy, or the same file of another stage."""
