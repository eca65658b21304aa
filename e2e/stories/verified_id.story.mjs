// A Verified ID as the proof, presented from the simulator's wallet.

import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot } from "../harness.mjs";
import { at, desktop, follow, identify, observe, personNamed, phone, press, withStack } from "./steps.mjs";

/** One Verified ID suffices, or the mailed code. */
const edit = (stock) => stock.replace('accepted = ["email_code"]', 'accepted = ["email_code", "verified_id"]');

/** From the start page to the code to scan. */
async function asksForCode(stack, page, person) {
  await identify(stack, page, person, { asked: "Prove that it is you" });
  await press(page, "Show your Verified ID");
  await at(page, "Show your Verified ID");
}

/** Opens the wallet on a phone of its own, as whoever scans the code, and presents `name`'s Verified ID. */
async function present(stack, name, ending) {
  const wallet = await stack.launchBrowser({ viewport: phone });
  await wallet.page.goto(`${stack.sim}/wallet`);
  await wallet.page.getByRole("link", { name: "Harbour & Finch" }).first().click();
  const person = await personNamed(stack, name);
  await wallet.page.getByLabel("Whose phone is this?").selectOption(person.id);
  await wallet.page.getByLabel(ending).check();
  return wallet.page;
}

test("a Verified ID proves who somebody is, and the page follows the wallet", () =>
  withStack(async (stack) => {
    const ada = await personNamed(stack, "Ada Keller");
    const { context, page } = await stack.launchBrowser({ viewport: desktop });
    const seen = observe(context, stack.app);
    await asksForCode(stack, page, ada);
    await screenshot(page, "verified-id");
    assert.match(await page.getByRole("link", { name: "Open on this phone" }).getAttribute("href"), /^openid-vc:\/\//);

    const wallet = await present(stack, "Ada Keller", "Somebody else's face is before the camera");
    await at(page, "Follow the steps on your phone");
    await wallet.getByRole("button", { name: "Share" }).click();
    await at(wallet, "Not shared");
    await at(page, "That did not prove who you are");
    await screenshot(page, "verified-id-refused");

    await press(page, "Try again with a new code");
    await at(page, "Show your Verified ID");
    const again = await present(stack, "Ada Keller", "It is their Verified ID, and their face");
    await again.getByRole("button", { name: "Share" }).click();
    await at(again, "Shared");
    await at(page, "Check before you ask");
    assert.deepEqual(seen.complaints, []);
  }, { edit }));

test("a Verified ID is presented on the phone itself, without JavaScript", () =>
  withStack(async (stack) => {
    const ada = await personNamed(stack, "Ada Keller");
    const { page } = await stack.launchBrowser({ viewport: phone, javaScriptEnabled: false });
    await asksForCode(stack, page, ada);
    await screenshot(page, "verified-id-phone");
    const link = page.getByRole("link", { name: "Open on this phone" });
    const picture = page.getByRole("img", { name: "QR code for your wallet" });
    const [above, below] = [await link.boundingBox(), await picture.boundingBox()];
    assert.ok(above.y < below.y, "the link is above the code");

    const wallet = await present(stack, "Ada Keller", "It is their Verified ID, and their face");
    await wallet.getByRole("button", { name: "Share" }).click();
    await follow(page, "Check again");
    await at(page, "Check before you ask");
  }, { edit }));
