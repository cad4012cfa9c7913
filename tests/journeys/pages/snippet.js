// Prints the published snippet; the argument is the JSON of its options.
import { min } from '@segment/snippet'

process.stdout.write(min(JSON.parse(process.argv[2])))
