// Sends events with one or more clients at once; prints what became of each, a line each.
//
// The argument is JSON: {library, host, key, clients, events, options}.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'

const { library, host, key, clients, events, options } = JSON.parse(process.argv[2])
const imported = await import(library)

const context = { ip: '203.0.113.7', locale: 'en-GB' }
const integrations = { All: true, Nope: false }

function* calls() {
  for (let n = 1; ; n++) {
    const userId = `u-${n}`
    const anonymousId = `a-${n}`
    yield ['identify', { userId, traits: { email: 'ünï@example.com', n: { a: [1, 2.5, null] } } }]
    yield ['track', { userId, event: 'Order 🚀', properties: { revenue: 12.5, products: [{ id: 1 }] } }]
    yield ['page', { anonymousId, name: 'Home', category: 'Docs', properties: { path: '/' } }]
    yield ['screen', { userId, anonymousId, name: 'Main', properties: { build: 7 } }]
    yield ['group', { userId, groupId: 'c-7', traits: { employees: 12 }, timestamp: new Date(0) }]
    yield ['alias', { userId, previousId: anonymousId }]
  }
}

function told(error, event) {
  process.stdout.write(JSON.stringify({ error: error ? String(error) : null, event }) + '\n')
}

// Segment's own, since 2022
async function segment() {
  const analytics = new imported.Analytics({ writeKey: key, host, ...options })
  analytics.on('error', ({ reason }) => process.stderr.write(`${reason}\n`))
  const call = calls()
  for (let n = 0; n < events; n++) {
    const [method, event] = call.next().value
    analytics[method]({ ...event, context, integrations }, (error, ctx) => told(error, ctx?.event))
  }
  await analytics.closeAndFlush()
}

// Segment's own until then, and RudderStack's that was made of it: callbacks get the whole batch
async function queued() {
  const analytics = new imported.default(key, {
    host, dataPlaneUrl: host, logLevel: 'none', errorHandler() {}, ...options
  })
  const call = calls()
  let open = events
  for (let n = 0; n < events; n++) {
    const [method, event] = call.next().value
    const messageId = randomUUID()
    analytics[method]({ ...event, context, integrations, messageId }, (error, data) => {
      const { batch } = Buffer.isBuffer(data) ? JSON.parse(gunzipSync(data)) : data
      told(error, batch.find((each) => each.messageId === messageId))
      open--
    })
  }
  while (open) {
    await analytics.flush()
    await sleep(20)
  }
}

// Jitsu's: one request for each event, and nothing is sent again
async function jitsu() {
  let sent, failed
  const analytics = imported.jitsuAnalytics({
    host,
    writeKey: `${key}:secret`,
    fetch(url, request) {
      sent = JSON.parse(request.body)
      return fetch(url, request)
    },
    errorPolicy(message) { failed = message },
    ...options
  })
  const call = calls()
  const perform = {
    identify: ({ userId, traits }) => analytics.identify(userId, traits),
    track: ({ event, properties }) => analytics.track(event, { ...properties, context }),
    page: ({ name, properties }) => analytics.page({ name, ...properties }),
    group: ({ groupId, traits }) => analytics.group(groupId, traits)
  }
  for (let n = 0; n < events;) {
    const [method, event] = call.next().value
    if (!(method in perform)) continue
    sent = failed = undefined
    await perform[method](event)
    const { writeKey, ...made } = sent
    told(failed, made)
    n++
  }
}

const client = {
  '@jitsu/js': jitsu,
  '@rudderstack/rudder-sdk-node': queued,
  'analytics-node': queued
}[library] ?? segment
await Promise.all(Array.from({ length: clients }, client))
