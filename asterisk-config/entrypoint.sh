#!/bin/sh
# Renders the configuration from the environment and runs Asterisk; the container's start command.
# Needs ARI_PASSWORD and AMI_PASSWORD, and TRUNK_HOST (or files in /etc/onering/trunks.d). Everything else has a default.
set -eu

here=$(dirname "$0")
work=/run/onering

die() {
  echo "entrypoint: $*" >&2
  exit 1
}

: "${ARI_PASSWORD:?set ARI_PASSWORD to a long random text, the same as the gateway uses}"
: "${AMI_PASSWORD:?set AMI_PASSWORD to a long random text, the same as the gateway uses}"

# ARI and AMI listen on the control network alone. CONTROL_NAME is this container's name there, and only there.
address=${CONTROL_ADDRESS:-$(getent ahostsv4 "${CONTROL_NAME:-asterisk-control}" | awk 'NR == 1 { print $1 }')}
[ -n "$address" ] || die "no address for ${CONTROL_NAME:-asterisk-control}: is the control network missing?"

export ETC_DIR=$work/etc LOG_DIR=$work/log RUN_DIR=$work STATE_DIR=$work/state
export MODULE_DIR='' DATA_DIR=/usr/share/asterisk
export HTTP_BIND="$address" HTTP_PORT="${HTTP_PORT:-8088}" ARI_USER="${ARI_USER:-onering}"
export AMI_BIND="$address" AMI_PORT="${AMI_PORT:-5038}" AMI_USER="${AMI_USER:-onering}"
# Docker's own networks are /16 or smaller.
export AMI_PERMIT="${AMI_PERMIT:-$(echo "$address" | cut -d. -f1-2).0.0/255.255.0.0}"
export SIP_BIND="${SIP_BIND:-0.0.0.0}" SIP_PORT="${SIP_PORT:-5060}" SIP_EXTERNAL_ADDRESS="${SIP_EXTERNAL_ADDRESS:-}"
export RTP_START="${RTP_START:-10000}" RTP_END="${RTP_END:-19999}"
export HEP_ADDRESS="${HEP_ADDRESS:-}" HEP_MODULE=''
[ -z "$HEP_ADDRESS" ] || HEP_MODULE=res_hep

umask 077
mkdir -p "$ETC_DIR/trunks.d" "$LOG_DIR" "$STATE_DIR"
for template in "$here"/*.conf; do
  "$here/render.sh" "$template" >"$ETC_DIR/$(basename "$template")"
done

if [ -n "${TRUNK_HOST:-}" ]; then
  export TRUNK_HOST TRUNK_NAME="${TRUNK_NAME:-carrier}" TRUNK_PORT="${TRUNK_PORT:-5060}"
  export TRUNK_TRANSPORT="${TRUNK_TRANSPORT:-udp}" TRUNK_CODECS="${TRUNK_CODECS:-alaw,ulaw}"
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
  for part in $parts; do
    "$here/render.sh" "$here/$part.conf.template"
  done >"$ETC_DIR/trunks.d/$TRUNK_NAME.conf"
fi
for trunk in /etc/onering/trunks.d/*.conf; do
  [ ! -e "$trunk" ] || cp "$trunk" "$ETC_DIR/trunks.d/"
done
[ -n "$(ls "$ETC_DIR/trunks.d")" ] || die "no trunk: set TRUNK_HOST to your carrier's SIP host, or mount /etc/onering/trunks.d"

# Asterisk needs none of the secrets in its environment once they are rendered.
unset ARI_PASSWORD AMI_PASSWORD TRUNK_PASSWORD
exec asterisk -f -C "$ETC_DIR/asterisk.conf"
