#!/bin/sh
# Renders the configuration from the environment and runs Asterisk; the container's start command.
# Needs ARI_PASSWORD and AMI_PASSWORD, and TRUNK_HOST (or files in /etc/onering/trunks.d). Everything else has a default.
# Each secret may come from a file instead: ARI_PASSWORD_FILE, AMI_PASSWORD_FILE, TRUNK_PASSWORD_FILE, HEP_PASSWORD_FILE.
set -eu

here=$(dirname "$0")
# Changed by tests only: where the configuration is rendered to, and where the files of further trunks are mounted.
work=${WORK_DIR:-/run/onering}
mounted=${MOUNTED_TRUNKS:-/etc/onering/trunks.d}

die() {
  echo "entrypoint: $*" >&2
  exit 1
}

# from_file <NAME> : takes the value of NAME from the file that NAME_FILE names, where it names one.
from_file() {
  eval "file=\${$1_FILE:-} value=\${$1:-}"
  [ -n "$file" ] || return 0
  [ -z "$value" ] || die "set only one of $1 and $1_FILE"
  [ -r "$file" ] || die "$1_FILE: $file cannot be read by $(id -un)"
  value=$(cat "$file")
  [ -n "$value" ] || die "$1_FILE: $file is empty"
  eval "export $1=\$value"
}
for secret in ARI_PASSWORD AMI_PASSWORD TRUNK_PASSWORD HEP_PASSWORD; do
  from_file "$secret"
done
value=''

: "${ARI_PASSWORD:?set ARI_PASSWORD (or ARI_PASSWORD_FILE) to a long random text, the same as the gateway uses}"
: "${AMI_PASSWORD:?set AMI_PASSWORD (or AMI_PASSWORD_FILE) to a long random text, the same as the gateway uses}"

# ARI and AMI listen on the control network alone. CONTROL_NAME is this container's name there, and only there.
address=${CONTROL_ADDRESS:-$(getent ahostsv4 "${CONTROL_NAME:-asterisk-control}" | awk 'NR == 1 { print $1 }')}
[ -n "$address" ] || die "no address for ${CONTROL_NAME:-asterisk-control}: is the control network missing?"

# Docker's own networks are /16 or smaller.
control_network="$(echo "$address" | cut -d. -f1-2).0.0/255.255.0.0"
export ETC_DIR=$work/etc LOG_DIR=$work/log RUN_DIR=$work STATE_DIR=$work/state
export MODULE_DIR='' DATA_DIR=/usr/share/asterisk
export HTTP_BIND="$address" HTTP_PORT="${HTTP_PORT:-8088}" ARI_USER="${ARI_USER:-onering}"
export AMI_BIND="$address" AMI_PORT="${AMI_PORT:-5038}" AMI_USER="${AMI_USER:-onering}"
export ARI_PERMIT="${ARI_PERMIT:-$control_network}" AMI_PERMIT="${AMI_PERMIT:-$control_network}"
# Set to the gateway's `ari_app` where its driver is asterisk-manager: AMI may then place calls.
export AMI_CALLS_APP="${AMI_CALLS_APP:-}"
[ -n "$AMI_CALLS_APP" ] && WITHOUT_AMI_CALLS='' || WITHOUT_AMI_CALLS=used
export WITHOUT_AMI_CALLS
export AMI_READ="system,user${AMI_CALLS_APP:+,call}" AMI_WRITE="system,reporting${AMI_CALLS_APP:+,originate}"
export SIP_BIND="${SIP_BIND:-0.0.0.0}" SIP_PORT="${SIP_PORT:-5060}" SIP_EXTERNAL_ADDRESS="${SIP_EXTERNAL_ADDRESS:-}"
export SIP_TLS_PORT="${SIP_TLS_PORT:-5061}" SIP_TLS_METHOD="${SIP_TLS_METHOD:-tlsv1_2}"
export SIP_TLS_CA_FILE="${SIP_TLS_CA_FILE:-/etc/ssl/certs/ca-certificates.crt}"
export SIP_TLS_CERT_FILE="${SIP_TLS_CERT_FILE:-}" SIP_TLS_KEY_FILE="${SIP_TLS_KEY_FILE:-}"
export STIR_KEY_FILE="${STIR_KEY_FILE:-}" STIR_CERT_URL="${STIR_CERT_URL:-}" STIR_ATTESTATION="${STIR_ATTESTATION:-A}"
export RTP_START="${RTP_START:-10000}" RTP_END="${RTP_END:-19999}"
# In events of calls that come in (inbound.conf.template). The gateway reads it over AMI, so a new one at each start will do.
export EVENT_SECRET="${EVENT_SECRET:-$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')}"
export HEP_ADDRESS="${HEP_ADDRESS:-}" HEP_PASSWORD="${HEP_PASSWORD:-}" HEP_MODULE=''
[ -z "$HEP_ADDRESS" ] || HEP_MODULE=res_hep

umask 077
# What another start left must not stay.
rm -rf "$ETC_DIR"
mkdir -p "$ETC_DIR/trunks.d" "$LOG_DIR" "$STATE_DIR"

# render <name>... : the templates with these names, one after the other.
render() {
  for part in "$@"; do
    "$here/render.sh" "$here/$part.conf.template"
  done
}

if [ -n "${TRUNK_HOST:-}" ]; then
  export TRUNK_HOST TRUNK_NAME="${TRUNK_NAME:-carrier}" TRUNK_TRANSPORT="${TRUNK_TRANSPORT:-tcp}"
  [ "$TRUNK_TRANSPORT" = tls ] && port=5061 || port=5060
  export TRUNK_PORT="${TRUNK_PORT:-$port}" TRUNK_CODECS="${TRUNK_CODECS:-alaw,ulaw}"
  export TRUNK_USERNAME="${TRUNK_USERNAME:-}" TRUNK_PASSWORD="${TRUNK_PASSWORD:-}"
  export TRUNK_QUALIFY_SECONDS="${TRUNK_QUALIFY_SECONDS:-30}"
  export TRUNK_AUTH="${TRUNK_USERNAME:+$TRUNK_NAME-auth}"
  parts=trunk
  [ -z "$TRUNK_USERNAME" ] || parts="$parts trunk-auth"
  if [ "${TRUNK_REGISTER:-no}" = yes ]; then
    [ -n "$TRUNK_USERNAME" ] || die "TRUNK_REGISTER=yes needs TRUNK_USERNAME and TRUNK_PASSWORD"
    TRUNK_FROM_USER="${TRUNK_FROM_USER:-$TRUNK_USERNAME}" TRUNK_FROM_DOMAIN="$TRUNK_HOST"
    parts="$parts trunk-registration"
  fi
  export TRUNK_FROM_USER="${TRUNK_FROM_USER:-}" TRUNK_FROM_DOMAIN="${TRUNK_FROM_DOMAIN:-}"
  export TRUNK_MEDIA_ENCRYPTION='' TRUNK_STIR_PROFILE=''
  [ "${TRUNK_SRTP:-no}" != yes ] || TRUNK_MEDIA_ENCRYPTION=sdes
  [ "${TRUNK_STIR_SHAKEN:-no}" != yes ] || TRUNK_STIR_PROFILE=onering-attest
  export TRUNK_CONTEXT=no-inbound-calls TRUNK_TRUST_ID_INBOUND='' TRUNK_INBOUND_FROM="${TRUNK_INBOUND_FROM:-$TRUNK_HOST}"
  if [ "${TRUNK_INBOUND:-no}" = yes ]; then
    TRUNK_CONTEXT=onering-inbound TRUNK_TRUST_ID_INBOUND=yes
    parts="$parts trunk-inbound"
  fi
  # shellcheck disable=SC2086
  render $parts >"$ETC_DIR/trunks.d/$TRUNK_NAME.conf"
fi
for trunk in "$mounted"/*.conf; do
  [ ! -e "$trunk" ] || cp "$trunk" "$ETC_DIR/trunks.d/"
done
[ -n "$(ls "$ETC_DIR/trunks.d")" ] || die "no trunk: set TRUNK_HOST to your carrier's SIP host, or mount /etc/onering/trunks.d"

# What only some trunks use is read from their files, as renderConfig in src/local/asterisk/render-config.ts does.
uses() {
  cat "$ETC_DIR"/trunks.d/*.conf | grep -qE "^$1 *= *$2[[:blank:]]*(;.*)?$"
}
export WITH_SRTP='' WITH_STIR_SHAKEN='' WITH_INBOUND=''
for transport in tcp udp tls; do
  ! uses transport "transport-$transport" || render "transport-$transport"
done >"$ETC_DIR/transports.conf"
if uses media_encryption sdes; then
  WITH_SRTP=used
fi
if uses stir_shaken_profile '.*'; then
  [ -n "$STIR_KEY_FILE" ] && [ -n "$STIR_CERT_URL" ] || die "signing caller IDs needs STIR_KEY_FILE and STIR_CERT_URL"
  WITH_STIR_SHAKEN=used
  render stir_shaken >"$ETC_DIR/stir_shaken.conf"
fi
if uses context onering-inbound; then
  WITH_INBOUND=used
  {
    render inbound
    for app in $(echo "${INBOUND_APPS-onering}" | tr ',' ' '); do
      echo "$app" | grep -qxE '[A-Za-z0-9_-]{1,40}' || die "INBOUND_APPS: \"$app\" cannot be the name of a Stasis application"
      INBOUND_APP=$app "$here/render.sh" "$here/inbound-app.conf.template"
    done
    render inbound-end
  } >"$ETC_DIR/extensions.conf"
fi

for template in "$here"/*.conf; do
  "$here/render.sh" "$template" >"$ETC_DIR/$(basename "$template")"
done

# Asterisk needs none of the secrets in its environment once they are rendered.
unset ARI_PASSWORD AMI_PASSWORD TRUNK_PASSWORD HEP_PASSWORD EVENT_SECRET
exec asterisk -f -C "$ETC_DIR/asterisk.conf"
