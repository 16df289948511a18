// The notes in a second window follow the run.

import { exchange } from "./parts.js";
import { follow } from "./server.js";

follow("/events?notes=1", (news) => {
  for (const [name, html] of Object.entries(news.parts ?? {})) {
    const part = document.querySelector(`[data-part=${name}]`);
    if (part) exchange(part, html);
  }
});
