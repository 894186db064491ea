// aws-jwt-verify, AWS's own verifier, judges tokens: `node verify.cjs '{"poolId": …, "jwks": …, "tokens": [[use, token], …]}'`.
// Prints a list: the claims of a token that it accepts, or the name of the error.
// With "rounds", it also measures: nanoseconds for one verification and for Node's bare RSA operation, as medians.

const crypto = require("node:crypto");
const { CognitoJwtVerifier } = require("aws-jwt-verify");

const { poolId, clientId, jwks, tokens, rounds } = JSON.parse(process.argv[2]);

function verifierFor(tokenUse) {
  const verifier = CognitoJwtVerifier.create({ userPoolId: poolId, tokenUse, clientId });
  verifier.cacheJwks(jwks);
  return verifier;
}

const verifiers = { access: verifierFor("access"), id: verifierFor("id") };

function judge([use, token]) {
  try {
    return { claims: verifiers[use].verifySync(token) };
  } catch (error) {
    return { error: error.constructor.name };
  }
}

function nanoseconds(work, times) {
  const began = process.hrtime.bigint();
  for (let time = 0; time < times; time += 1) work();
  return Number(process.hrtime.bigint() - began) / times;
}

const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];

function measure([use, token]) {
  const [header, payload, signature] = token.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url"));
  const key = crypto.createPublicKey({ key: jwks.keys.find((jwk) => jwk.kid === kid), format: "jwk" });
  const [signed, bytes] = [Buffer.from(`${header}.${payload}`), Buffer.from(signature, "base64url")];
  const works = {
    bare: () => crypto.verify("RSA-SHA256", signed, key, bytes),
    verify: () => verifiers[use].verifySync(token),
  };
  const times = { bare: [], verify: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(works)) times[name].push(nanoseconds(works[name], 200));
  }
  return { bare: median(times.bare), verify: median(times.verify) };
}

console.log(JSON.stringify(rounds ? measure(tokens[0]) : tokens.map(judge)));
