// -- The wire: JSON-RPC over postMessage. A view in a sandbox cannot know its host's origin, so it posts to "*".

const waiting = new Map();
let lastId = 0;

const post = (message) => host.postMessage({ jsonrpc: "2.0", ...message }, "*");

function request(method, params, seconds) {
  return new Promise((resolve, reject) => {
    const id = ++lastId;
    const late = seconds && setTimeout(() => settle({ id, error: { message: "no answer" } }), seconds * 1000);
    waiting.set(id, { resolve, reject, late });
    post({ id, method, params });
  });
}

function settle(message) {
  const one = waiting.get(message.id);
  if (!one) return;
  waiting.delete(message.id);
  clearTimeout(one.late);
  if (isObject(message.result)) one.resolve(message.result);
  else one.reject(new Error("refused"));
}

const heard = new Map(Object.entries({
  "ui/notifications/tool-input": (params) => { given = isObject(params.arguments) ? params.arguments : {}; },
  "ui/notifications/tool-result": show,
  "ui/notifications/tool-cancelled": cancelled,
  "ui/notifications/host-context-changed": dress,
}));

const answers = new Map(Object.entries({ "ui/resource-teardown": leave, ping: () => {} }));

window.addEventListener("message", (event) => {
  const message = event.data;
  if (event.source !== host || closed || !isObject(message) || message.jsonrpc !== "2.0") return;
  const params = isObject(message.params) ? message.params : {};
  if (typeof message.method !== "string") settle(message);
  else if (message.id === undefined) heard.get(message.method)?.(params);
  else if (answers.has(message.method)) { answers.get(message.method)(params); post({ id: message.id, result: {} }); }
  else post({ id: message.id, error: { code: -32601, message: "Method not found" } });
});
