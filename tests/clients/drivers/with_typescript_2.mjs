// The TypeScript SDK, version 2.

import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { server, tell } from "./story.mjs";

const client = new Client({ name: "tests", version: "1" });
await client.connect(new StdioClientTransport(server));
await tell(client);
