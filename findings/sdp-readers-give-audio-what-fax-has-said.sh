#!/usr/bin/env bash
# @webex/ts-sdp 1.7.0 and sdp-transform 3.0.0 (npm), beside them sdp 3.2.2 (npm); Node.js 20.
#
# Behaviour: what two readers of session descriptions do not know in a line `m=` costs more than that line. @webex/ts-sdp knows
# audio, video and application, and no number of ports (`49170/2`, RFC 8866, 5.14). It takes any other line `m=` for a line of the
# section before, and all that follows it, too: the address and direction of the fax take the place of those of the audio, and are
# written there. sdp-transform knows all media and no number of ports: the section is there without kind, port, protocol and
# formats, and is written like that. No error is given by either. What browsers offer has neither, so both do their usual work
# well.
#
# Output seen (kind, port, address and direction of each medium):
#     audio with fax that waits:
#         @webex/ts-sdp: audio 49170 203.0.113.8 inactive
#         sdp-transform: audio 49170 203.0.113.7 sendrecv, image 49172 203.0.113.8 inactive
#         sdp:           audio 49170 203.0.113.7 sendrecv, image 49172 203.0.113.8 inactive
#     audio on two pairs of ports:
#         @webex/ts-sdp: none
#         sdp-transform: undefined undefined 203.0.113.7 sendrecv
#         sdp:           audio 49170 203.0.113.7 sendrecv
#     the first, written again by @webex/ts-sdp:
#         m=audio 49170 RTP/AVP 0 8 | c=IN IP4 203.0.113.8 | a=inactive | m=image 49172 udptl t38
#     the second, by sdp-transform:
#         m=undefined NaN undefined | c=IN IP4 203.0.113.7 | a=sendrecv
#
# Whom it hurts: gateways between SIP and WebRTC, and tests that read what telephone systems, fax adapters and loudspeakers offer:
# a call with T.38 or chat (MSRP) beside it seems to be on hold, or its voice goes to the fax gateway; "undefined" is sent on. Take
# the sections that are not known out of the text before it is read, and `/2` off the others.
set -euo pipefail
command -v npm >/dev/null || { echo "it needs Node.js and npm" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm install --silent --no-audit --no-fund @webex/ts-sdp@1.7.0 sdp-transform@3.0.0 sdp@3.2.2 >/dev/null

cat >read.mjs <<'JAVASCRIPT'
import sdp from 'sdp';
import * as transform from 'sdp-transform';
import * as webex from '@webex/ts-sdp';

const session = ['v=0', 'o=- 1 1 IN IP4 203.0.113.1', 's=-', 't=0 0'];
const audio = ['c=IN IP4 203.0.113.7', 'a=sendrecv'];
const offers = {
  'audio with fax that waits': [
    ...['m=audio 49170 RTP/AVP 0 8', ...audio],
    ...['m=image 49172 udptl t38', 'c=IN IP4 203.0.113.8', 'a=inactive'],
  ],
  'audio on two pairs of ports': ['m=audio 49170/2 RTP/AVP 0 8', ...audio],
};
const readers = {
  '@webex/ts-sdp': (text) =>
    webex.parse(text).media.map(({ type, port, connection, direction }) => [type, port, connection.ipAddr, direction]),
  'sdp-transform': (text) =>
    transform.parse(text).media.map(({ type, port, connection, direction }) => [type, port, connection.ip, direction]),
  sdp: (text) =>
    sdp.getMediaSections(text).map((section) => {
      const { kind, port } = sdp.parseMLine(section);
      return [kind, port, sdp.matchPrefix(section, 'c=')[0].split(' ')[2], sdp.getDirection(section)];
    }),
};
const text = (lines) => [...session, ...lines, ''].join('\r\n');
for (const [name, lines] of Object.entries(offers)) {
  console.log(`${name}:`);
  for (const [reader, read] of Object.entries(readers)) {
    const media = read(text(lines)).map((each) => each.map(String).join(' '));
    console.log(`    ${`${reader}:`.padEnd(14)} ${media.join(', ') || 'none'}`);
  }
}
const [first, second] = Object.values(offers).map(text);
const media = (written) => written.trim().split('\r\n').slice(session.length).map((line) => line.trim()).join(' | ');
console.log(`the first, written again by @webex/ts-sdp:\n    ${media(webex.parse(first).toString())}`);
console.log(`the second, by sdp-transform:\n    ${media(transform.write(transform.parse(second)))}`);
JAVASCRIPT

node read.mjs | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
audio with fax that waits:
    @webex/ts-sdp: audio 49170 203.0.113.8 inactive
    sdp-transform: audio 49170 203.0.113.7 sendrecv, image 49172 203.0.113.8 inactive
    sdp:           audio 49170 203.0.113.7 sendrecv, image 49172 203.0.113.8 inactive
audio on two pairs of ports:
    @webex/ts-sdp: none
    sdp-transform: undefined undefined 203.0.113.7 sendrecv
    sdp:           audio 49170 203.0.113.7 sendrecv
the first, written again by @webex/ts-sdp:
    m=audio 49170 RTP/AVP 0 8 | c=IN IP4 203.0.113.8 | a=inactive | m=image 49172 udptl t38
the second, by sdp-transform:
    m=undefined NaN undefined | c=IN IP4 203.0.113.7 | a=sendrecv
SEEN
