// SPDX-License-Identifier: Apache-2.0
// The OpenAPI document, for the test that replays it:
//   openapi.mjs json FILE              prints it as JSON
//   openapi.mjs validate FILE ANSWERS  judges answers [{operationId, status, type, headers[], body, event?}] by it
import {readFileSync} from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import {parse} from "yaml";

const [command, file, answersFile] = process.argv.slice(2);
const document = parse(readFileSync(file, "utf8"), {strict: true, uniqueKeys: true});

// What stands at a "$ref", or the value itself.
function deref(value) {
    return value?.$ref ? deref(value.$ref.split("/").slice(1).reduce((at, name) => at[name], document)) : value;
}

function operations() {
    return new Map(Object.values(document.paths).flatMap((methods) => Object.values(methods))
                       .map((operation) => [operation.operationId, operation]));
}

// Those that a client learns nothing about from an answer that lacks them.
const sometimes = new Set(["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Idempotency-Replayed"]);

function validate(answers) {
    const ajv = new Ajv2020({strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true,
                             formats: {"date-time": (s) => !Number.isNaN(Date.parse(s)), uri: (s) => URL.canParse(s)}});
    ajv.addVocabulary(["components"]); // where the references of every schema lead
    const complaints = [], known = operations(), succeeded = new Set();
    for (const a of answers) {
        const complain = (what) => complaints.push(`${a.operationId} ${a.status}: ${what}`);
        const response = deref(known.get(a.operationId).responses[a.status]);
        if (!response) {
            complain("the document does not know this status");
            continue;
        }
        if (a.status < 300)
            succeeded.add(a.operationId);
        for (const name of Object.keys(response.headers ?? {}))
            if (!sometimes.has(name) && !a.headers.includes(name.toLowerCase()))
                complain(`no ${name}`);
        if (!response.content?.[a.type]) {
            complain(`${a.type} is not documented`);
            continue;
        }
        if (a.body === null)
            continue; // a tile, a note
        const schema = a.event ? document.components.schemas[a.event] : response.content[a.type].schema;
        const check = ajv.compile({...schema, components: document.components});
        if (!check(a.body))
            complain(check.errors.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`).join("; "));
    }
    for (const [id, operation] of known)
        if (!succeeded.has(id) && !operation["x-replayed-by"]) // another script, which has what success takes
            complaints.push(`${id}: no replay succeeds`);
    return complaints;
}

if (command === "json") {
    process.stdout.write(JSON.stringify(document));
} else {
    const complaints = validate(JSON.parse(readFileSync(answersFile, "utf8")));
    for (const complaint of complaints)
        console.error(complaint);
    process.exitCode = complaints.length === 0 ? 0 : 1;
}
