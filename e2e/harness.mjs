// Starts Latchkey beside the simulator for a browser story, on free ports and
// with a fresh database in a temporary folder.
//
//     const stack = await startStack();
//     const { page } = await stack.launchBrowser({ javaScriptEnabled: false });
//     await page.goto(stack.app);
//     …
//     await stack.stop();

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const binaries = process.env.LATCHKEY_BINARIES ?? join(root, "target", "debug");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Where `screenshot` puts its pictures. */
export const screens = join(root, "target", "screens");

const readyWithin = 30_000;

/**
 * Starts both programs and waits until they are ready.
 *
 * @param {object} [options]
 * @param {string} [options.configuration] TOML to add after the stock
 *   configuration (`e2e/stack.toml`): whole sections that it does not have.
 * @param {(stock: string) => string} [options.edit] changes the stock configuration.
 * @param {string} [options.logFilter] how much the server logs; `info` unless told.
 */
export async function startStack({ configuration = "", edit = (stock) => stock, logFilter = "info" } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-story-"));
  const [port, simulatorPort, smtpPort] = await freePorts(3);
  const sim = `http://localhost:${simulatorPort}`;
  const app = `http://localhost:${port}`;
  const running = [];
  const browsers = [];

  const stop = async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    // The server first: it still talks to the simulator.
    for (const program of running.reverse()) await program.stop();
    await rm(folder, { recursive: true, force: true });
  };

  try {
    running.push(
      start("latchkey-simulator", [
        "--http", `127.0.0.1:${simulatorPort}`,
        "--smtp", `127.0.0.1:${smtpPort}`,
        "--public-url", sim,
      ], folder),
    );
    const tenant = await (await ready(`${sim}/_control/tenant`, running[0])).json();

    // The identity provider sends people back to registered addresses only.
    await control(sim, "PATCH", "/tenant", {
      redirectUris: [`${app}/sign-in/callback`],
      passwordRedirectUris: [`${app}/prove/password/callback`],
    });

    const stock = fill(await readFile(join(here, "stack.toml"), "utf8"), {
      port,
      smtpPort,
      simulator: sim,
      secret: randomBytes(32).toString("base64"),
      database: join(folder, "latchkey.db"),
      tenantId: tenant.tenantId,
      clientId: tenant.clientId,
      clientSecret: tenant.clientSecret,
      passwordClientId: tenant.passwordClientId,
      passwordClientSecret: tenant.passwordClientSecret,
      domain: tenant.domain,
      logFilter,
    });
    const config = join(folder, "latchkey.toml");
    await writeFile(config, `${edit(stock)}\n${configuration}`, { mode: 0o600 });

    const admin = { name: "admin", password: randomBytes(12).toString("base64url") };
    await run("latchkey", ["admin", "create", admin.name, "--password-stdin", "--replace", "--config", config], admin.password);

    const serve = async () => {
      const server = start("latchkey", ["serve", "--config", config], folder);
      running[1] = server;
      await ready(`${app}/readyz`, server);
    };
    await serve();

    return {
      /** Latchkey's address. */
      app,
      /** The simulator's address. */
      sim,
      /** The console account, `{ name, password }`. */
      admin,
      /** The folder with the configuration, the database and both logs. */
      folder,
      /** The path of the configuration file. */
      config,
      /** Everything that the server wrote so far. */
      log: () => readFile(join(folder, "latchkey.log"), "utf8"),
      /** Stops the server and starts it again on the same database. */
      restart: async () => {
        await running[1].stop();
        await serve();
      },
      /** Calls the simulator's control: `control("GET", "/people")`. */
      control: (method, path, body) => control(sim, method, path, body),
      /** The first mail to `to` that `matches`, waited for. */
      mail: (to, matches = () => true) => mail(sim, to, matches),
      /**
       * A browser of its own: `{ browser, context, page }`. Several stand for
       * several people.
       */
      launchBrowser: async ({ javaScriptEnabled = true, ...context } = {}) => {
        const browser = await chromium.launch({
          executablePath,
          args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
          // People's browsers keep the page that they leave, so these do too.
          ignoreDefaultArgs: ["--disable-back-forward-cache"],
        });
        browsers.push(browser);
        const opened = await browser.newContext({ javaScriptEnabled, ...context });
        return { browser, context: opened, page: await opened.newPage() };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks again and again until `look` gives something; names `what` when it never does. */
export async function eventually(what, look, within = 10_000) {
  const end = performance.now() + within;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > end) throw new Error(`waited ${within} ms in vain: ${what}`);
    await sleep(50);
  }
}

/** A picture of the whole page, as `target/screens/NAME.png`. */
export async function screenshot(page, name) {
  await mkdir(screens, { recursive: true });
  await page.screenshot({ path: join(screens, `${name}.png`), fullPage: true });
}

async function control(sim, method, path, body) {
  const response = await fetch(`${sim}/_control${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} /_control${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

function mail(sim, to, matches) {
  const query = `/mailbox?to=${encodeURIComponent(to)}`;
  return eventually(`a mail to ${to}`, async () => (await control(sim, "GET", query)).find(matches));
}

/** Starts one of our programs, its output kept in `folder`. */
function start(name, args, folder) {
  const child = spawn(join(binaries, name), args, { stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log.write(chunk);
      tail = (tail + chunk).slice(-4000);
    });
  }
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit status ${code}`));
  });
  let how;
  ended.then((reason) => { how = reason; });
  return {
    failure: () => how && `${name} stopped by itself (${how}):\n${tail}`,
    stop: async () => {
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(kill);
      log.end();
      await once(log, "close");
    },
  };
}

/** Runs one of our programs to its end. */
async function run(name, args, input) {
  const child = spawn(join(binaries, name), args, { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => { output += chunk; });
  child.stdin.end(`${input}\n`);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${name} ${args.join(" ")}: exit status ${code}\n${output}`);
}

function ready(url, program) {
  return eventually(`${url} to answer`, async () => {
    const failure = program.failure();
    if (failure) throw new Error(failure);
    const response = await fetch(url).catch(() => undefined);
    return response?.ok ? response : undefined;
  }, readyWithin);
}

function fill(template, values) {
  return template.replaceAll(/\$\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Ports that nobody listens on, all held together so that they differ. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}
