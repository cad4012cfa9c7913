// Answers which requests the original destinations make, and how they are defined.
//
// A question and its answer are a line of JSON each; see `answers` and `calls` for their shapes. The
// packages are those of the working directory. No request leaves: each is recorded and given the
// response that the question says, or 200 {}. The clock stands still and nothing is random. A
// destination is named by its folder in the package, and starts afresh for each question.

import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { createInterface } from 'node:readline'

const NOW = Date.parse('2026-01-02T03:04:05.678Z')
const NOTHING = () => {}

const require = createRequire(join(process.cwd(), 'package.json'))
const exchange = { requests: [], responses: [] }
standStill()
stayAtHome()
const { Request, Response } = recordFetches()

const core = require('@segment/actions-core')
const folders = join(dirname(require.resolve('@segment/action-destinations')), 'destinations')

const answers = {
  // {definition} -> the definition as JSON; a function in it becomes true
  definition: ({ definition }) => written(load(definition).definition),

  // {destination, call = "action", settings, responses, …} ->
  //   {requests: [{method, url, headers, body}], result} | {requests, error}
  destination: async (question) => {
    exchange.requests = []
    exchange.responses = question.responses ?? []
    const call = calls[question.call ?? 'action']
    try {
      const result = written((await call(load(question.destination), question)) ?? null)
      return { requests: exchange.requests, result }
    } catch (error) {
      return { requests: exchange.requests, error: failure(error) }
    }
  }
}

const calls = {
  // {action, event | events, settings, mapping, useDefaultMappings, auth, features,
  //  subscriptionMetadata, transaction} -> the steps of one event | a status for each of many
  action: (destination, { action, event, events, mapping, useDefaultMappings, ...bundle }) => {
    const fields = destination.definition.actions[action].fields
    const whole = { ...(useDefaultMappings && defaults(fields)), ...mapping }
    const data = { ...surroundings(bundle), mapping: whole }
    if (events) return destination.executeBatch(action, { ...data, events })
    return destination.executeAction(action, { ...data, event })
  },
  // {settings}
  testAuthentication: (destination, { settings }) => destination.testAuthentication(settings ?? {}),
  // {settings, auth: {accessToken, refreshToken, clientId, clientSecret, refreshTokenUrl}}
  refreshAccessToken: (destination, { settings, auth }) =>
    destination.refreshAccessToken(settings ?? {}, auth ?? {}),
  // {event, settings}
  onDelete: (destination, { event, settings }) => destination.onDelete(event, settings ?? {}, {}),
  // {input: {settings, audienceSettings, audienceName | externalId, …}}
  createAudience: (destination, { input }) => destination.createAudience(input),
  getAudience: (destination, { input }) => destination.getAudience(input),
  // {action, field, input: {settings, payload, auth, …}}
  dynamicField: (destination, { action, field, input }) =>
    destination.executeDynamicField(action, field, { ...surroundings(input), ...input }),
  // {action, hook, input: {settings, payload, hookInputs, auth, …}}
  hook: (destination, { action, hook, input }) =>
    destination.actions[action].executeHook(hook, { ...surroundings(input), ...input })
}

function surroundings({ settings, auth, features, subscriptionMetadata, transaction }) {
  const logger = { info: NOTHING, warn: NOTHING, error: NOTHING, debug: NOTHING, crit: NOTHING }
  return {
    settings: settings ?? {},
    auth,
    features: features ?? {},
    statsContext: {},
    logger,
    transactionContext: { transaction: transaction ?? {}, setTransaction: NOTHING },
    stateContext: { getRequestContext: NOTHING, setResponseContext: NOTHING },
    subscriptionMetadata: subscriptionMetadata ?? {}
  }
}

function defaults(fields) {
  const entries = Object.entries(fields).map(([key, field]) => [key, field.default])
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

// What a destination remembers must not pass from one question to the next.
function load(name) {
  const folder = join(folders, name) + sep
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(folder)) delete require.cache[path]
  }
  return new core.Destination(require(folder).default)
}

function standStill() {
  const Running = globalThis.Date
  globalThis.Date = class Date extends Running {
    constructor(...parts) {
      super(...(parts.length ? parts : [NOW]))
    }
    static now() {
      return NOW
    }
  }
  Math.random = () => 0.5
}

function stayAtHome() {
  require('node:net').Socket.prototype.connect = () => {
    throw new Error('a destination tried to reach the network past its request client')
  }
}

function recordFetches() {
  const real = require('cross-fetch')
  const fetch = async (target, options) => {
    const request = new real.Request(target, options)
    exchange.requests.push({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text()
    })
    const { status = 200, headers, body = {} } = exchange.responses[exchange.requests.length - 1] ?? {}
    const isText = typeof body === 'string'
    return new real.Response(isText ? body : JSON.stringify(body), {
      status,
      statusText: require('node:http').STATUS_CODES[status],
      headers: headers ?? { 'content-type': isText ? 'text/plain' : 'application/json' }
    })
  }
  const path = require.resolve('cross-fetch')
  require.cache[path].exports = Object.assign(fetch, real, { fetch, default: fetch })
  globalThis.fetch = fetch
  return real
}

// {name, message, status, code}; status and code are null where the error has none. The framework
// gives a payload that does not fit its status outside of what is called here.
function failure(error) {
  const isInvalid = ['AggregateAjvError', 'ValidationError'].includes(error.name)
  const status = isInvalid ? 400 : (error.status ?? error.response?.status ?? null)
  const code = error.code ?? null
  return { name: error.name, message: error.message, status, code }
}

// The value as JSON holds it: a function is true, a response {status, data}, a circle "[circular]".
function written(value, above = []) {
  if (typeof value === 'function') return true
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Response) return { status: value.status, data: value.data ?? null }
  if (value instanceof Request || above.includes(value)) return '[circular]'
  if (typeof value.toJSON === 'function') return value.toJSON()
  const path = [...above, value]
  if (Array.isArray(value)) return value.map((member) => written(member, path))
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, written(member, path)])
  )
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  const kind = 'definition' in question ? 'definition' : 'destination'
  process.stdout.write(JSON.stringify(await answers[kind](question)) + '\n')
}
