// Bundles the page: node build.mjs [FOLDER] [--api ORIGIN]
//   FOLDER: where to (dist, beside this file); what is there stays, but for the page's own files
//   --api:  where the server is, when it is not where the page comes from: http://127.0.0.1:4567
import {build} from 'esbuild';
import fs from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const {values, positionals} = parseArgs({options: {api: {type: 'string', default: ''}}, allowPositionals: true});
const folder = path.resolve(positionals[0] ?? path.join(here, 'dist'));
const api = values.api && new URL(values.api).origin;  // an origin and no more: it stands in the page

await fs.mkdir(folder, {recursive: true});
await build({
  entryPoints: [path.join(here, 'src/page.js')],
  outfile: path.join(folder, 'page.js'),
  bundle: true,
  format: 'iife',
  minify: true,
  sourcemap: true,
  target: 'es2022',
  logLevel: 'warning',
});
const page = await fs.readFile(path.join(here, 'src/index.html'), 'utf8');
await fs.writeFile(path.join(folder, 'index.html'), page.replace('name="api" content=""', `name="api" content="${api}"`));
await fs.copyFile(path.join(here, 'src/style.css'), path.join(folder, 'style.css'));
