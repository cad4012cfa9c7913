// Packs what browsers load into a folder: node pack.mjs FOLDER
//
// The packages are those of the working directory. What comes of them:
//
//   analytics-next/FILE      the library that pages start with, and what it loads later
//   actions/SLUG/FILE        a device-mode destination each; actions/688 is loaded by them all
//   catalogue.json           what these destinations say of themselves
//   licences.txt             the licences of all code in these files
//
// Beside each .js lies the same compressed, as .js.gz.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'package.json'))
const packages = join(process.cwd(), 'node_modules')
const library = join(packages, '@segment/analytics-next/dist/umd')
const web = join(packages, '@segment/browser-destinations/dist/web')
const target = process.argv[2]

const files = JSON.parse(readFileSync(join(web, 'manifest-latest.json')))
const folders = [...Object.keys(files), ...readdirSync(web).filter((name) => /^\d+$/.test(name))]

copy(library, 'analytics-next')
for (const folder of folders) copy(join(web, folder), join('actions', folder))
write('catalogue.json', JSON.stringify(catalogue()))
write('licences.txt', licences())

function copy(from, to) {
  mkdirSync(join(target, to), { recursive: true })
  for (const name of readdirSync(from).filter((name) => /\.js(\.gz)?$/.test(name)))
    copyFileSync(join(from, name), join(target, to, name))
}

function write(name, text) {
  writeFileSync(join(target, name), text + '\n')
}

// A list of {slug, name, description, libraryName, file, settings, actions, presets}; functions,
// which is what the browser runs, are left out by JSON.
function catalogue() {
  const found = Object.values(require('@segment/browser-destinations').manifest)
  return found
    .map(({ directory, definition }) => entry(directory, definition))
    .sort((one, other) => (one.slug < other.slug ? -1 : 1))
}

function entry(slug, { name, description = '', settings = {}, actions, presets = [] }) {
  const file = files[slug]
  const libraryName = `${slug}Destination`
  if (!readFileSync(join(web, slug, file), 'utf8').includes(libraryName))
    throw new Error(`${slug}/${file} does not define ${libraryName}`)
  return { slug, name, description, libraryName, file, settings, actions, presets }
}

function licences() {
  const known = JSON.parse(readFileSync('licences.json'))
  const unknown = [...contained()].filter((name) => !(name in known))
  if (unknown.length)
    throw new Error(`read the licences of ${unknown.join(', ')} and add them to licences.json`)
  const texts = Object.keys(known).map((name) => [`${name} (${known[name]})`, text(name)])
  return texts.flat().filter(Boolean).join('\n\n')
}

// The packages whose code is in the files, as their source maps say.
function contained() {
  const names = ['@segment/analytics-next', '@segment/browser-destinations']
  const maps = [library, ...folders.map((folder) => join(web, folder))].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.endsWith('.js.map')).map((name) => join(folder, name))
  )
  const sources = maps.flatMap((map) => JSON.parse(readFileSync(map)).sources)
  const found = sources.map((source) => source.match(/.*node_modules\/((@[^/]+\/)?[^/]+)/)?.[1])
  return new Set([...names, ...found.filter(Boolean)])
}

function text(name) {
  const folder = join(packages, name)
  const file = existsSync(folder) && readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  return file && readFileSync(join(folder, file), 'utf8').replace(/\r/g, '').trim()
}
