// The page's scripts against their types: names, imports, arguments, and every text that a script asks for.
// Answers of the API have the types of docs/openapi.json. What has no type yet is no error: types are written where they
// help a reader. Run by `make check-page`.
import { writeFileSync } from "node:fs";
import openapi, { astToString } from "openapi-typescript";
import ts from "typescript";

const NOT_TYPED_YET = new Set([7005, 7006, 7008, 7018, 7031, 7034, 7053]); // the codes of "implicitly has an 'any' type"
const contract = new URL("../../docs/openapi.json", import.meta.url);
writeFileSync(new URL("openapi.d.ts", import.meta.url), astToString(await openapi(contract))); // what the routes answer
const place = new URL("tsconfig.json", import.meta.url).pathname;
const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => { throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n")); } };
const project = ts.getParsedCommandLineOfConfigFile(place, {}, host);
const program = ts.createProgram(project.fileNames, project.options);
const problems = ts.getPreEmitDiagnostics(program).filter((problem) => !NOT_TYPED_YET.has(problem.code));
const form = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => "\n" };
process.stdout.write(ts.formatDiagnostics(problems, form));
console.log(`${project.fileNames.length} scripts, ${problems.length} problems`);
process.exit(problems.length || project.fileNames.length < 20 ? 1 : 0);
