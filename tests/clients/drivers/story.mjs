// The story of story.py for the TypeScript SDKs: list the tools, order one picture, get to its file, say what was seen.

const [prompt, command, ...args] = process.argv.slice(2);
const TRIES = 8;

/** What a client starts the server with. */
export const server = { command, args, env: settings(), stderr: "inherit" };

function settings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(KIE_|HOME$|PATH$)/.test(name)));
}

/** Play it through with a connected client and write the account as the last line. */
export async function tell(client) {
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  const account = { tools, calls: [], jobs: [], outputs: [], state: "" };
  const follows = "CLIENT_FOLLOWS" in process.env;
  if (follows) await follow(account, client);
  for (let i = 0; i < (follows ? 0 : TRIES); i++) {
    if (account.jobs.length === 0) await call(account, client, "generate_image", { prompt });
    else if (["", "queued", "running"].includes(account.state))
      await call(account, client, "get_job_status", { job_id: account.jobs[0] });
  }
  await client.close();
  process.stdout.write("\n" + JSON.stringify(account) + "\n");
}

/** Do after each answer just what the answer says comes next. */
async function follow(account, client) {
  await call(account, client, "generate_image", { prompt });
  for (let next; (next = account.calls.at(-1).text.match(/next: get_job_status\((.*?)\)/)); ) {
    const pairs = [...next[1].replaceAll("\\", "").matchAll(/(\w+)=("[^"]*"|[^",\s]+)/g)];
    const given = Object.fromEntries(pairs.map(([, name, value]) => [name, JSON.parse(value)]));
    await call(account, client, "get_job_status", given);
  }
}

async function call(account, client, tool, args) {
  const began = performance.now();
  const text = await client.callTool({ name: tool, arguments: args }).then(shown, String);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const jobs = text.match(/job_[a-z2-7]{20,}/g) ?? [];
  const state = jobs.length ? (text.match(/\b(queued|running|succeeded|failed|unconfirmed)\b/)?.[0] ?? "") : "";
  account.calls.push({ tool, seconds, state, text });
  account.jobs = [...new Set([...account.jobs, ...jobs])];
  const files = [...text.matchAll(/file: (.+?\.(?:png|jpg|webp))/g)].map((found) => found[1]);
  account.outputs = files.length ? files : account.outputs;
  account.state = state || account.state;
}

function shown(result) {
  return result.content.map((block) => (block.type === "text" ? block.text : JSON.stringify(block))).join("\n");
}
