// The news of this node: one stream for all pages of a browser that somebody can see, and none while
// nobody does. Over HTTP/1.1 a browser has six connections to a host, and each stream keeps one.
// This file is the worker that the pages share, and a module of the page where there is no worker.

const AGAIN_MS = 10_000;

export class News {
  #source = null;
  #again = null;
  #last = null;
  #hear;

  // `hear` is called with what the node says, and with null while it does not answer.
  constructor(hear) {
    this.#hear = hear;
  }

  // Whether anybody looks; whoever begins to learns what was said last.
  set wanted(wanted) {
    if (!wanted) this.#close();
    else if (!this.#source) this.#open();
    else if (this.#last) this.#hear(this.#last);
  }

  #open() {
    this.#source = new EventSource("/live");
    this.#source.onmessage = (message) => this.#tell(JSON.parse(message.data));
    this.#source.onerror = () => {
      this.#tell(null);
      if (this.#source.readyState === EventSource.CLOSED) this.#openLater();
    };
  }

  // A browser asks again by itself after a broken connection, but not after a refusal.
  #openLater() {
    this.#again = setTimeout(() => this.#open(), AGAIN_MS);
  }

  #close() {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = this.#last = null;
  }

  #tell(news) {
    this.#last = news;
    this.#hear(news);
  }
}

// The worker: each page says when it is seen, and when it is not.

const pages = new Set();
const news = new News((said) => pages.forEach((page) => page.postMessage(said)));

function listen(page) {
  page.onmessage = ({ data: seen }) => {
    pages[seen ? "add" : "delete"](page);
    news.wanted = pages.size > 0;
  };
}

if (globalThis.SharedWorkerGlobalScope) {
  globalThis.onconnect = ({ ports: [page] }) => listen(page);
}
