#!/bin/sh
# sallyport lab run examples/lab/two-homes.yaml -- examples/lab/peer/punch.sh
set -eu
here=$(dirname "$0")
server=$(sallyport lab exec rendezvous -- hostname -I | cut -d' ' -f1)
sallyport lab exec rendezvous -- node "$here/rendezvous.ts" 7000 &
helper=$!
trap 'kill $helper' EXIT
sallyport lab exec bob -- node "$here/peer.ts" "$server:7000" room &
sallyport lab exec alice -- node "$here/peer.ts" "$server:7000" room
wait $!
