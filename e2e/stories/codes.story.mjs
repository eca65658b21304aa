// An employee makes saved codes while they can sign in, keeps them, and replaces them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import {
  at, backFromHere, desktop, follow, observe, personNamed, pictures, press, tells, withStack,
} from "./steps.mjs";

/** The width of WCAG 1.4.10. */
const narrow = { width: 320, height: 640 };

/** Goes to the codes, and signs in on the way. */
async function openCodes(stack, page, person) {
  await page.goto(`${stack.app}/codes`);
  await at(page, "Sign in with your work account");
  await press(page, "Continue to sign in");
  await page.getByRole("button", { name: person.userPrincipalName }).click();
  await at(page, "Saved recovery codes");
}

/** The codes that the page shows. */
async function codesOn(page) {
  const codes = await page.locator("#codes code").allInnerTexts();
  assert.equal(codes.length, 10);
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z*~$=U]$/);
  return codes;
}

async function assertHealthy(page, called) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${called}: ${id} at ${nodes[0].html}`), []);
}

for (const javaScriptEnabled of [true, false]) {
  test(`an employee makes, keeps and replaces codes ${javaScriptEnabled ? "with" : "without"} JavaScript`, () =>
    withStack(async (stack) => {
      const person = await personNamed(stack, "Ada Keller");
      const { page, context } = await stack.launchBrowser({ viewport: desktop, javaScriptEnabled, acceptDownloads: true });
      const seen = observe(context, stack.app);
      await openCodes(stack, page, person);
      if (javaScriptEnabled) await assertHealthy(page, "no codes");
      await press(page, "Make ten codes");
      await at(page, "Save your codes now");
      const codes = await codesOn(page);
      if (javaScriptEnabled) await assertHealthy(page, "new codes");
      await pictures(page, `codes-new-${javaScriptEnabled ? "js" : "plain"}`);
      await page.setViewportSize(narrow);
      const width = await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth);
      assert.ok(width <= narrow.width, `${width} px on the narrowest screen`);
      await page.setViewportSize(desktop);

      // As a file, which comes from the page and is in no address.
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        press(page, "Download as a text file"),
      ]);
      assert.equal(download.suggestedFilename(), "recovery-codes.txt");
      assert.equal(download.url(), `${stack.app}/codes/download`);
      const file = await readFile(await download.path(), "utf8");
      for (const code of codes) assert.ok(file.includes(`. ${code}\r\n`), file);
      await at(page, "Save your codes now");

      // On paper: the codes, where to use them, and nothing to press.
      await page.emulateMedia({ media: "print" });
      for (const code of codes) await page.getByText(code, { exact: true }).waitFor();
      await page.getByText(`${stack.app}/`, { exact: true }).waitFor();
      for (const name of ["Download as a text file", "Print", "Copy"]) {
        assert.equal(await page.getByRole("button", { name, exact: true }).count(), 0, name);
      }
      assert.equal(await page.getByText("I have saved them").isVisible(), false);
      await page.emulateMedia({ media: "screen" });

      const copy = page.getByRole("button", { name: "Copy", exact: true });
      if (javaScriptEnabled) {
        await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: stack.app });
        await page.getByRole("button", { name: "Print", exact: true }).waitFor();
        await copy.click();
        await page.getByText("Copied", { exact: true }).waitFor();
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        assert.deepEqual(copied.split("\n"), codes);
      } else {
        assert.equal(await copy.count(), 0);
      }

      await follow(page, "I have saved them");
      await at(page, "Saved recovery codes");
      await page.getByText("10 of 10 codes are left.").waitFor();
      if (javaScriptEnabled) await assertHealthy(page, "codes");
      await pictures(page, `codes-${javaScriptEnabled ? "js" : "plain"}`);
      const back = await backFromHere(page);
      for (const code of codes) assert.ok(!tells(back, code), "Back does not bring the codes back");

      await page.goto(`${stack.app}/codes`);
      await follow(page, "Check it now");
      await at(page, "Would recovery work for you?");
      await page.getByText("Yes. Everything that recovery needs is in place.").waitFor();
      if (javaScriptEnabled) await assertHealthy(page, "check");
      await pictures(page, `codes-check-${javaScriptEnabled ? "js" : "plain"}`);
      await follow(page, "Back");

      await follow(page, "Replace all codes");
      await at(page, "Replace all your codes?");
      if (javaScriptEnabled) await assertHealthy(page, "replace");
      await press(page, "Yes, replace all codes");
      await at(page, "Save your codes now");
      await page.getByText("The codes that you had before have stopped working.").waitFor();
      const others = await codesOn(page);
      assert.deepEqual(others.filter((code) => codes.includes(code)), []);
      await stack.mail(person.privateMail, ({ subject, text }) =>
        subject.startsWith("Recovery codes were made") && text.includes("have stopped working"));

      const telling = seen.addresses.filter((address) => [...codes, ...others].some((code) => tells(address, code)));
      assert.deepEqual(telling, [], "no address tells a code");
      const log = await stack.log();
      for (const code of [...codes, ...others]) assert.ok(!tells(log, code), "no code is in the log");
      if (javaScriptEnabled) assert.deepEqual(seen.complaints, []);
    }, {
      logFilter: "trace",
      edit: (stock) => stock.replace('accepted = ["email_code"]', 'accepted = ["email_code", "recovery_code"]'),
    }));
}
