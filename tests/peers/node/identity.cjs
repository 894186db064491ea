// Signs in to a pool with amazon-cognito-identity-js, which Amplify's older versions are made of.
// Usage: node identity.cjs <scenario> <settings as JSON>. Prints one line of JSON: what came of it.

const {
  AuthenticationDetails, CognitoRefreshToken, CognitoUser, CognitoUserAttribute, CognitoUserPool,
} = require("amazon-cognito-identity-js");

const [scenario, text] = process.argv.slice(2);
const settings = JSON.parse(text);

const pool = new CognitoUserPool({
  UserPoolId: settings.poolId,
  ClientId: settings.clientId,
  endpoint: settings.endpoint,
});
const user = new CognitoUser({ Username: settings.username, Pool: pool });

/** The outcome of a call that takes `(error, result)`. */
const called = (start) =>
  new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))));

/** Signs in; what the service asks on the way is answered from the settings. */
const signIn = (method = "authenticateUser") =>
  new Promise((resolve, reject) => {
    const asked = [];
    const callbacks = {
      onSuccess: (session) => resolve({ asked, ...tokens(session) }),
      onFailure: reject,
      totpRequired: (name) => {
        asked.push(name);
        user.sendMFACode(settings.code, callbacks, name);
      },
      newPasswordRequired: (attributes, required) => {
        asked.push("NEW_PASSWORD_REQUIRED", ...required);
        user.completeNewPasswordChallenge(settings.newPassword, settings.attributes, callbacks);
      },
      customChallenge: (parameters) => {
        asked.push(parameters.question);
        user.sendCustomChallengeAnswer(settings.answer, callbacks);
      },
    };
    user[method](new AuthenticationDetails({ Username: settings.username, Password: settings.password }), callbacks);
  });

const tokens = (session) => ({
  access: session.getAccessToken().getJwtToken(),
  id: session.getIdToken().getJwtToken(),
  refresh: session.getRefreshToken().getToken(),
});

const scenarios = {
  srp: () => signIn(),
  password: () => {
    user.setAuthenticationFlowType("USER_PASSWORD_AUTH");
    return signIn();
  },
  custom: () => {
    user.setAuthenticationFlowType("CUSTOM_AUTH");
    return signIn();
  },
  refresh: async () => {
    const first = await signIn();
    const token = new CognitoRefreshToken({ RefreshToken: first.refresh });
    return { first, ...tokens(await called((done) => user.refreshSession(token, done))) };
  },
  signOutEverywhere: async () => {
    await signIn();
    const session = user.getSignInUserSession();
    await new Promise((resolve, reject) => user.globalSignOut({ onSuccess: resolve, onFailure: reject }));
    user.setSignInUserSession(session);
    return called((done) => user.getUserAttributes(done));
  },
  signUp: () => {
    const email = new CognitoUserAttribute({ Name: "email", Value: settings.email });
    return called((done) => pool.signUp(settings.username, settings.password, [email], null, done)).then(
      (result) => ({ confirmed: result.userConfirmed, sub: result.userSub }),
    );
  },
  confirm: () => called((done) => user.confirmRegistration(settings.code, false, done)),
  attributes: async () => {
    await signIn();
    const found = await called((done) => user.getUserAttributes(done));
    return Object.fromEntries(found.map((each) => [each.getName(), each.getValue()]));
  },
  rememberedDevice: async () => {
    await signIn();
    await new Promise((resolve, reject) =>
      user.setDeviceStatusRemembered({ onSuccess: resolve, onFailure: reject }));
    return { again: await signIn() };
  },
};

scenarios[scenario]()
  .then((result) => console.log(JSON.stringify({ result })))
  .catch((error) => console.log(JSON.stringify({ error: error.code ?? error.name, message: error.message })));
