// SPDX-License-Identifier: GPL-2.0-or-later
// Validates JSON files by a JSON Schema: schema_test.mjs MODULES SCHEMA FILE...; prints what is wrong and ends with 1.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const [modules, schema, ...files] = process.argv.slice(2);
const Ajv = createRequire(resolve(modules, "node_modules", "x"))("ajv");
const validate = new Ajv({ strict: true, strictTypes: false, allErrors: false }).compile(JSON.parse(readFileSync(schema, "utf8")));
let wrong = files.length === 0 ? 1 : 0;
for (const file of files) {
    if (!validate(JSON.parse(readFileSync(file, "utf8")))) {
        console.error(`${file}: ${JSON.stringify(validate.errors[0])}`);
        wrong = 1;
    }
}
process.exitCode = wrong;
