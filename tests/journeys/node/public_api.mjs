// Makes the calls that standard input asks for, and prints how each ended, a line each.
//
// The argument is JSON: {host, token}. A line asks {step, api, call, words}: `api` as configureApis
// names it, `call` a method of it, `words` what the method takes, null for what is left out. How it
// ended is {step, ok, status, data} or {step, ok, status, errors}; without an answer the status is
// null.

import { createInterface } from 'node:readline'
import sdk from '@segment/public-api-sdk-typescript'

const { host, token } = JSON.parse(process.argv[2])
const apis = sdk.configureApis(token)
for (const api of Object.values(apis)) api.basePath = host

async function ended(promise) {
  try {
    const { response, body } = await promise
    return { ok: true, status: response.statusCode, data: body?.data ?? null }
  } catch (error) {
    const errors = error.body?.errors ?? [String(error)]
    return { ok: false, status: error.statusCode ?? null, errors }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { step, api, call, words } = JSON.parse(line)
  const given = words.map((word) => word ?? undefined)
  process.stdout.write(JSON.stringify({ step, ...await ended(apis[api][call](...given)) }) + '\n')
}
