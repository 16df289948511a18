// The notes in a second window follow the run.

import { exchange } from "./parts.js";

const stream = new EventSource("/events?notes=1");
stream.onmessage = (message) => {
  for (const [name, html] of Object.entries(JSON.parse(message.data).parts ?? {})) {
    const part = document.querySelector(`[data-part=${name}]`);
    if (part) exchange(part, html);
  }
};
