// The TypeScript SDK, version 1.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { server, tell } from "./story.mjs";

const client = new Client({ name: "tests", version: "1" });
await client.connect(new StdioClientTransport(server));
await tell(client);
