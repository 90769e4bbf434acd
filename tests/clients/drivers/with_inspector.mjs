// The inspector on the command line: a process, and so a server, for each question.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { server, tell } from "./story.mjs";

const run = promisify(execFile);
const script = fileURLToPath(import.meta.resolve("@modelcontextprotocol/inspector/clients/launcher/build/index.js"));
const settings = Object.entries(server.env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);

async function ask(...question) {
  const words = [script, "--cli", ...settings, "--method", ...question, "--", server.command, ...server.args];
  return JSON.parse((await run(process.execPath, words)).stdout);
}

await tell({
  listTools: () => ask("tools/list"),
  callTool: ({ name, arguments: given }) => {
    const pairs = Object.entries(given).flatMap(([key, value]) => ["--tool-arg", `${key}=${value}`]);
    return ask("tools/call", "--tool-name", name, ...pairs);
  },
  close: async () => {},
});
