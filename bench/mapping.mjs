// Measures the original packages for mapping.py; a question and its answer are a line of JSON each.
//
// The packages are those of the working directory. First {lines, trigger} is given, the events as
// their JSON; then each {measure, mapping, seconds} is answered with events per second of CPU,
// and each {outputs: mapping} with what every event becomes, null where the trigger does not match.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const require = createRequire(join(process.cwd(), 'package.json'))
const { transform } = require('@segment/actions-core')
const { transformBatch } = require('@segment/actions-core/mapping-kit')
const { parseFql, validate } = require('@segment/destination-subscriptions')

const BATCH = 1000

let lines, events, batches, ast

function load(given) {
  lines = given.lines
  events = lines.map((line) => JSON.parse(line))
  batches = []
  for (let at = 0; at < events.length; at += BATCH) batches.push(events.slice(at, at + BATCH))
  ast = parseFql(given.trigger)
  return events.length
}

const measures = {
  transform(mapping) {
    for (const event of events) transform(mapping, event)
  },
  transformBatch(mapping) {
    for (const batch of batches) transformBatch(mapping, batch)
  },
  validate() {
    for (const event of events) validate(ast, event)
  },
  pipe(mapping) {
    for (const line of lines) {
      const event = JSON.parse(line)
      if (validate(ast, event)) JSON.stringify(transform(mapping, event))
    }
  }
}

function rate({ measure, mapping, seconds }) {
  const begun = process.cpuUsage()
  for (let rounds = 1; ; rounds++) {
    measures[measure](mapping)
    const { user, system } = process.cpuUsage(begun)
    const spent = (user + system) / 1e6
    if (spent >= seconds) return (rounds * events.length) / spent
  }
}

function outputs(mapping) {
  return events.map((event) => (validate(ast, event) ? transform(mapping, event) : null))
}

function answer(question) {
  if (question.lines) return load(question)
  return question.measure ? rate(question) : outputs(question.outputs)
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n')
}
