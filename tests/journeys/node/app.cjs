// Sends events as an app on a phone does; prints what became of each, a line each.
//
// The argument is JSON: {host, key, events, options}. Only what a phone brings is played here:
// React Native's modules. The library's queue, batches and requests are its own.

const Module = require('node:module')
const { setTimeout: sleep } = require('node:timers/promises')

const { host, key, events, options } = JSON.parse(process.argv[2])

const played = {
  react: { createContext() {}, useContext() {}, useMemo() {} },
  'react-native': {
    AppState: { currentState: 'active', addEventListener: () => ({ remove() {} }) },
    NativeEventEmitter: class { addListener() {} },
    NativeModules: {
      AnalyticsReactNative: {
        getContextInfo: async () => ({
          appName: 'Shop', appVersion: '1.2.3', buildNumber: '7', bundleId: 'com.example.shop',
          locale: 'en_GB', networkType: 'wifi', osName: 'iOS', osVersion: '17.1',
          screenHeight: 800, screenWidth: 400, screenDensity: 2, timezone: 'Europe/London',
          manufacturer: 'Apple', model: 'iPhone', deviceName: 'phone', deviceId: 'd-1',
          deviceType: 'ios'
        })
      },
      Sovran: { getConstants: () => ({ ON_STORE_ACTION: 'action' }) }
    },
    Platform: { OS: 'ios', select: (of) => of.ios ?? of.default }
  }
}
const load = Module._load
Module._load = (name, ...rest) => played[name] ?? load(name, ...rest)
const { createClient } = require('@segment/analytics-react-native')

const disk = new Map()
const storePersistor = {
  get: async (name) => disk.has(name) ? JSON.parse(disk.get(name)) : undefined,
  set: async (name, state) => { disk.set(name, JSON.stringify(state)) }
}
console.warn = () => {} // that the key goes in cleartext: it does, to ourselves

const made = new Map()
const send = globalThis.fetch
globalThis.fetch = (url, request) => {
  const { batch } = JSON.parse(request?.body ?? '{"batch":[]}')
  for (const event of batch) made.set(event.messageId, event)
  return send(url, request)
}

function perform(client, n) {
  return [
    () => client.identify(`u-${n}`, { email: 'ünï@example.com', n: { a: [1, 2.5, null] } }),
    () => client.track('Order 🚀', { revenue: 12.5, products: [{ id: 1 }], n }),
    () => client.screen('Main', { build: 7, n }),
    () => client.group('c-7', { employees: 12, n }),
    () => client.alias(`u-${n + 1}`)
  ][n % 5]()
}

async function main() {
  const client = createClient({
    writeKey: key,
    proxy: `${host}/v1`,
    cdnProxy: `${host}/v1`,
    useSegmentEndpoints: true,
    allowInsecureProxy: true,
    storePersistor,
    logger: { info() {}, warn() {}, error() {}, enable() {}, disable() {} },
    errorHandler({ type, message }) {
      if (type === 'EventsDropped') process.stderr.write(`${message}\n`)
    },
    ...options
  })
  for (let n = 0; n < events; n++) await perform(client, n)
  while (made.size < events || await client.pendingEvents()) {
    await client.flush()
    await sleep(50)
  }
  for (const event of made.values()) {
    process.stdout.write(JSON.stringify({ error: null, event }) + '\n')
  }
  process.stdout.write('', () => process.exit())
}

main()
