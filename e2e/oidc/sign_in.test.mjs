// Signing in at a certified OpenID Connect provider that is not the simulator,
// in a browser that holds forms to the page's policy.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startStack } from "../harness.mjs";
import { at, identify, observe, personNamed, press } from "../stories/steps.mjs";
import { startProvider } from "./provider.mjs";

/** Our two applications there, and where each takes answers. */
const applications = {
  sign_in: {
    id: "6f0a1c3e-94d2-4b58-8a77-1d5e2c9b3f40",
    secret: "a secret of the application for employees",
    path: "/sign-in/callback",
  },
  password: {
    id: "c2b7e915-3d48-4f6a-b0c1-7e8f5a2d6b93",
    secret: "a secret of the application for passwords",
    path: "/prove/password/callback",
  },
};

/** The example company's people, and some who are not right. */
async function cast(stack) {
  const { tenantId } = await stack.control("GET", "/tenant");
  const people = await stack.control("GET", "/people");
  const oid = (name) => people.find(({ displayName }) => displayName === name).id;
  const member = (name) => ({ oid: oid(name), tid: tenantId, acct: 0 });
  return {
    "Ada Keller": member("Ada Keller"),
    "Bo Nilsson": member("Bo Nilsson"),
    "A guest": { ...member("Ada Keller"), acct: 1 },
    "From another tenant": { ...member("Ada Keller"), tid: "11111111-1111-1111-1111-111111111111" },
    "Without an object id": { tid: tenantId, acct: 0 },
  };
}

/** Runs `tell` with a stack whose applications are at the provider. */
async function withProvider(tell, proofs = 'accepted = ["email_code"]\nrequired = 1') {
  const people = {};
  const clients = Object.values(applications).map(({ id, secret }) => ({ id, secret, redirectUris: [] }));
  const provider = await startProvider({ clients, people });
  const section = (name) => `client_id = "${applications[name].id}"\nclient_secret = "${applications[name].secret}"\n`
    + `authority = "${provider.issuer}"\n`;
  const edit = (stock) => stock
    .replace(/\[(sign_in|password)\]\n(?:\w.*\n)+/g, (_, name) => `[${name}]\n${section(name)}`)
    .replace('accepted = ["email_code"]\nrequired = 1', proofs);
  const stack = await startStack({ edit });
  try {
    Object.assign(people, await cast(stack));
    Object.values(applications).forEach(({ path }, index) => clients[index].redirectUris.push(stack.app + path));
    provider.rotate();
    const opened = await stack.launchBrowser();
    const seen = observe(opened.context, stack.app);
    await tell({ stack, provider, ...opened });
    const blocked = seen.complaints.filter((complaint) => complaint.includes("Content Security Policy"));
    assert.deepEqual(blocked, []);
  } finally {
    await stack.stop();
    await provider.stop();
  }
}

/** Goes to sign in, and picks somebody there. */
async function signIn({ stack, page }, name) {
  await page.goto(`${stack.app}/sign-in`);
  await press(page, "Continue to sign in");
  await pick({ stack, page }, name);
}

async function pick({ stack, page }, name) {
  await at(page, "Pick an account");
  await page.getByRole("button", { name, exact: true }).click();
  await page.waitForURL(`${stack.app}/**`);
}

const isSignedIn = async ({ context }) =>
  (await context.cookies()).some(({ name }) => name.endsWith("latchkey-employee"));

test("an employee signs in, also after the provider's key has changed", () => withProvider(async (story) => {
  await signIn(story, "Ada Keller");
  assert.equal(new URL(story.page.url()).pathname, "/codes");
  assert.ok(await isSignedIn(story));

  await story.context.clearCookies();
  story.provider.rotate();
  // The new key is looked for a minute after the old ones were read at the earliest.
  await story.stack.restart();
  await signIn(story, "Bo Nilsson");
  assert.ok(await isSignedIn(story));
}));

test("codes are made by an employee who signs in anew", () => withProvider(async (story) => {
  const { page } = story;
  await signIn(story, "Ada Keller");
  await press(page, "Make ten codes");
  // This provider says when somebody showed themselves only if it is asked.
  await at(page, "Sign in again to make codes");
  await press(page, "Continue to sign in");
  await pick(story, "Ada Keller");
  await at(page, "Saved recovery codes");
  await press(page, "Make ten codes");
  await at(page, "Save your codes now");
}, 'accepted = ["email_code", "recovery_code"]\nrequired = 1'));

test("nobody else is signed in", () => withProvider(async (story) => {
  for (const name of ["A guest", "From another tenant", "Without an object id", "Cancel"]) {
    await story.context.clearCookies();
    await signIn(story, name);
    await at(story.page, "You are not signed in");
    assert.ok(!await isSignedIn(story), name);
  }
}));

test("an address that was used, or that belongs to another browser, signs nobody in", () => withProvider(async (story) => {
  const callbacks = [];
  story.page.on("request", (request) => {
    if (request.url().includes("/sign-in/callback?")) callbacks.push(request.url());
  });
  await signIn(story, "Ada Keller");
  const other = await story.stack.launchBrowser();
  for (const { page, context } of [other, story]) {
    await context.clearCookies();
    await page.goto(callbacks[0]);
    await at(page, "That sign-in is over");
    assert.ok(!await isSignedIn({ context }));
  }
}));

test("a locked-out person proves that they know their password, and nobody else does", () => withProvider(async (story) => {
  const { stack, page } = story;
  await identify(stack, page, await personNamed(stack, "Ada Keller"), { asked: "Prove that it is you" });
  for (const name of ["Bo Nilsson", "A guest", "From another tenant", "Cancel"]) {
    await press(page, "Sign in with your password");
    await pick(story, name);
    await at(page, "That sign-in does not count as a proof");
    await page.getByRole("link", { name: "Go back and prove who you are" }).click();
  }
  // The provider remembers Bo, and asks anew all the same.
  await press(page, "Sign in with your password");
  await pick(story, "Ada Keller");
  await at(page, "Prove that it is you");
  await page.getByText("Done", { exact: true }).waitFor();
}, 'accepted = ["email_code", "password"]\nrequired = 2'));
