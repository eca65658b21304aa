// The certified OpenID Connect provider of npm (oidc-provider), set up like a
// tenant: its id tokens carry `oid`, `tid` and `acct`. Its sign-in page is a
// list of people, like the simulator's.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

/**
 * Starts a provider on a free port.
 *
 * @param {object} options
 * @param {{ id: string, secret: string, redirectUris: string[] }[]} options.clients
 * @param {Record<string, object>} options.people their claims, by the name on the page
 */
export async function startProvider({ clients, people }) {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://localhost:${server.address().port}`;
  let provider;

  /** Publishes a new key, and no other, and forgets everybody. */
  const rotate = () => {
    provider = new Provider(issuer, {
      clients: clients.map(({ id, secret, redirectUris }) => ({
        client_id: id,
        client_secret: secret,
        redirect_uris: redirectUris,
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_post",
      })),
      jwks: { keys: [signingKey()] },
      cookies: { keys: [randomBytes(32).toString("hex")] },
      pkce: { required: () => true },
      claims: { openid: ["sub"], profile: ["name", "oid", "tid", "acct"] },
      // As in Entra: what the scopes ask for is in the id token.
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false } },
      findAccount: (_, name) => ({ accountId: name, claims: () => ({ sub: name, name, ...people[name] }) }),
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      // Nobody is asked for consent to an organisation's own application.
      loadExistingGrant: async ({ oidc }) => {
        const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope("openid profile");
        await grant.save();
        return grant;
      },
    });
  };
  rotate();

  server.on("request", async (request, response) => {
    const interaction = /^\/interaction\/[\w-]+$/.test(request.url);
    if (interaction && request.method === "GET") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(page(people));
    } else if (interaction) {
      const name = new URLSearchParams(await body(request)).get("person");
      const result = name ? { login: { accountId: name } } : { error: "access_denied" };
      await provider.interactionFinished(request, response, result);
    } else {
      provider.callback()(request, response);
    }
  });

  return {
    issuer,
    rotate,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: randomBytes(8).toString("hex") };
}

function page(people) {
  const buttons = Object.keys(people).map((name) => `<p><button name="person" value="${name}">${name}</button></p>`);
  return `<!DOCTYPE html><title>Pick an account</title><h1>Pick an account</h1>
<form method="post">${buttons.join("")}<p><button name="person" value="">Cancel</button></p></form>`;
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
