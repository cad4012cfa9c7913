// Sends an event for each line of standard input, and prints what its callback said, a line each.
//
// The argument is JSON: {library, host, key, oauth}. A line is a message id.

import { createInterface } from 'node:readline'

const { library, host, key, oauth } = JSON.parse(process.argv[2])
const { Analytics } = await import(library)

const analytics = new Analytics({ writeKey: key, host, flushAt: 1, oauthSettings: oauth })
analytics.on('error', ({ reason }) => process.stderr.write(`${reason}\n`))

for await (const messageId of createInterface({ input: process.stdin })) {
  await new Promise((resolve) => {
    analytics.track({ userId: 'u', event: 'Paid', messageId }, (error) => {
      process.stdout.write(JSON.stringify({ error: error ? String(error) : null }) + '\n')
      resolve()
    })
  })
}
await analytics.closeAndFlush()
