#!/bin/sh
# Fills in the templates of this folder for Docker: the same rules as src/local/asterisk/render-config.ts, which explains them.
# render.sh <template> : reads the template, takes the value of @NAME@ from the environment, prints the result.
set -eu

LC_ALL=C awk '
  function fail(text) {
    print "render.sh: " FILENAME ": " text > "/dev/stderr"
    failed = 1
    exit 1
  }
  function escaped(name, value) {
    if (value ~ /[^ -~]/ || index(value, "\\") || value ~ /^ | $/)
      fail("the value of " name " may hold printable ASCII only, no backslash, no space at its ends")
    gsub(/;/, "\\;", value)
    return value
  }
  {
    rest = $0
    line = ""
    omit = 0
    while (match(rest, /@[A-Z][A-Z0-9_]*@/)) {
      name = substr(rest, RSTART + 1, RLENGTH - 2)
      if (!(name in ENVIRON)) fail("no value for " name)
      if (ENVIRON[name] == "") omit = 1
      line = line substr(rest, 1, RSTART - 1) escaped(name, ENVIRON[name])
      rest = substr(rest, RSTART + RLENGTH)
    }
    if (!omit) print line rest
  }
  END { exit failed }
' "$1"
