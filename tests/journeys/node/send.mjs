// Sends events with one or more clients at once; prints what each callback said, a line each.
//
// The argument is JSON: {library, host, key, clients, events, options}.

const { library, host, key, clients, events, options } = JSON.parse(process.argv[2])
const { Analytics } = await import(library)

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

function told(error, ctx) {
  const event = ctx?.event
  process.stdout.write(JSON.stringify({ error: error ? String(error) : null, event }) + '\n')
}

async function client() {
  const analytics = new Analytics({ writeKey: key, host, ...options })
  analytics.on('error', ({ reason }) => process.stderr.write(`${reason}\n`))
  const call = calls()
  for (let n = 0; n < events; n++) {
    const [method, event] = call.next().value
    analytics[method]({ ...event, context, integrations }, told)
  }
  await analytics.closeAndFlush()
}

await Promise.all(Array.from({ length: clients }, client))
