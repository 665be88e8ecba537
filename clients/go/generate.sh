#!/bin/sh
# Makes watcherpb/ from the schema in packages/protocol. Needs `pnpm install` for buf; the plugins are tools of go.mod.
# With a folder as parameter it writes there instead.
set -eu
cd "$(dirname "$0")"
exec ../../packages/protocol/node_modules/.bin/buf generate ../../packages/protocol --output "${1:-.}"
