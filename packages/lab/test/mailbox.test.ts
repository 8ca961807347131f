import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'node:test'
import { printEndpoint } from '../src/traffic/endpoint.ts'
import { Mailbox, NoAnswer } from '../src/traffic/mailbox.ts'
import { Reflector, report } from '../src/traffic/reflector.ts'

async function bound(): Promise<Mailbox> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return new Mailbox(socket)
}

async function reflector(): Promise<Reflector> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return new Reflector(socket, 'echo', '127.0.0.1')
}

test('a letter that came before anybody asked is kept, in order', async () => {
  await using box = await bound()
  await using sender = await bound()
  for (const text of ['one', 'two', 'three']) await sender.send(text, box.local)
  assert.equal((await box.receive({ text: 'two' })).payload.toString(), 'two')
  assert.equal((await box.receive()).payload.toString(), 'one')
  const last = await box.receive({ from: sender.local })
  assert.deepEqual([last.payload.toString(), last.from], ['three', sender.local])
})

test('a receiver gets only what it waits for, and the other letter stays', async () => {
  await using box = await bound()
  await using friend = await bound()
  await using stranger = await bound()
  const waiting = box.receive({ from: friend.local })
  await stranger.send('noise', box.local)
  await friend.send('hello', box.local)
  assert.equal((await waiting).payload.toString(), 'hello')
  assert.equal((await box.receive()).payload.toString(), 'noise')
})

test('who waits in vain is told what came instead', async () => {
  await using box = await bound()
  await using sender = await bound()
  await sender.send('something else', box.local)
  const inVain = box.receive({ text: 'hello', within: 50 })
  await assert.rejects(
    inVain,
    /received nothing like 'hello' within 50 ms; in the box: 'something else' from 127\.0\.0\.1:/,
  )
  assert.equal(await box.tryReceive({ text: 'hello', within: 1 }), undefined)
})

test('expecting nothing fails when something comes while it waits', async () => {
  await using box = await bound()
  await using sender = await bound()
  const waiting = box.expectNothing({ within: 2000 })
  await sender.send('surprise', box.local)
  await assert.rejects(waiting, /received 'surprise'.*expected nothing/)
  await box.expectNothing({ within: 20 })
})

test('a reflector says where it saw the question come from', async () => {
  await using server = await reflector()
  await using box = await bound()
  const seen = await report(box, server.endpoint)
  assert.deepEqual(seen, { host: 'echo', port: server.endpoint.port, source: box.local })
})

test('a reflector keeps what is no question, and never answers it', async () => {
  await using server = await reflector()
  await using other = await reflector()
  await other.send('{"id":1}', server.endpoint)
  assert.equal((await server.receive()).payload.toString(), '{"id":1}')
  await other.expectNothing({ within: 20 })
})

test('a question is asked again until it is answered', async () => {
  await using server = await bound()
  await using box = await bound()
  const answer = box.ask(server.local, 'anybody?', { interval: 20, attempts: 50 })
  for (let heard = 0; heard < 3; heard += 1) await server.receive({ text: 'anybody?' })
  await server.send('yes', box.local)
  assert.equal((await answer).payload.toString(), 'yes')
})

test('a question that nobody answers ends, and says how often it was asked', async () => {
  await using server = await bound()
  await using box = await bound()
  const asked = box.ask(server.local, 'anybody?', { interval: 10, attempts: 3 })
  await assert.rejects(
    asked,
    new NoAnswer(
      `${printEndpoint(server.local)} did not answer mailbox ${printEndpoint(box.local)}: 3 attempts in 30 ms`,
    ),
  )
  assert.equal(server.drain().length, 3)
})

test('a closed mailbox fails those who wait', async () => {
  const box = await bound()
  const waiting = box.receive({ within: 5000 })
  await box.close()
  await assert.rejects(waiting, /is closed/)
  await box.close()
})
