// Answers what the original packages make of mappings, triggers and field sets.
//
// A question and its answer are a line of JSON each; see `answers` for their shapes. The packages
// are those of the working directory. Values that JSON cannot hold are written {"$js": name}, with
// one of the names undefined, NaN, Infinity, -Infinity, -0 and function.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

const require = createRequire(join(process.cwd(), 'package.json'))
const core = require('@segment/actions-core')
const fql = require('@segment/destination-subscriptions')
const inside = dirname(require.resolve('@segment/actions-core'))
const { removeEmptyValues } = require(join(inside, 'remove-empty-values.js'))

const answers = {
  // {mapping, events} -> [{value} | failure, …]
  mapping: ({ mapping, events }) =>
    events.map((event) => attempt(() => core.transform(structuredClone(mapping), event))),

  // {text, events} -> {error} | {ast, matches: [true | false | null, …]}, null where it throws
  trigger: ({ text, events }) => {
    const ast = fql.parseFql(text)
    if (ast.error) return { error: String(ast.error.message) }
    return { ast: written(ast), matches: events.map((event) => matches(ast, event)) }
  },

  // {fields, payloads, in_batch} -> [{value} | failure, …]
  fields: ({ fields, payloads, in_batch: inBatch }) => {
    const schema = core.fieldsToJsonSchema(fields)
    return payloads.map((payload) => attempt(() => validated(payload, schema, inBatch)))
  }
}

function matches(ast, event) {
  try {
    return fql.validate(ast, event)
  } catch {
    return null
  }
}

function validated(payload, schema, inBatch) {
  const kept = removeEmptyValues(payload, schema, !inBatch)
  core.validateSchema(kept, schema, { exempt: ['dynamicAuthSettings'] })
  return kept
}

function attempt(run) {
  try {
    return { value: written(run()) }
  } catch (error) {
    return failure(error)
  }
}

// {name, messages, problems: [[pointer, message], …]}; `problems` only of fields
function failure(error) {
  const parts = typeof error[Symbol.iterator] === 'function' ? [...error] : [error]
  const messages = parts.map((part) => part.message)
  const problems = parts.filter((part) => 'pointer' in part).map((part) => [part.pointer, part.message])
  return { name: error.name, messages, problems }
}

function written(value) {
  if (value === undefined || typeof value === 'function') return { $js: typeof value }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $js: Object.is(value, -0) ? '-0' : String(value) }
  }
  if (Array.isArray(value)) return Array.from(value, written)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, written(member)]))
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  process.stdout.write(JSON.stringify(answers[question.language](question)) + '\n')
}
