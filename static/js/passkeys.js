// Passkeys: a form that needs one asks the browser for it before it is sent.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    ask(form);
  });
  form.querySelector("[type=submit]").disabled = false; // not before this can answer it
}

async function ask(form) {
  const problem = form.querySelector("[data-problem]");
  problem.hidden = true;
  try {
    const credential = await credentialFor(form);
    form.elements.credential.value = JSON.stringify(credential);
    form.requestSubmit();
  } catch (error) {
    // What went wrong is told in the words of the page, where it has some.
    problem.textContent = problem.getAttribute(`data-${error.name}`) ?? error.message;
    problem.hidden = false;
  }
}

function named(name) {
  return Object.assign(new Error(name), { name });
}

async function credentialFor(form) {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) throw named("TooOld");
  const options = await optionsOf(form);
  if (form.dataset.passkey === "get") {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.request_options.publicKey);
    return navigator.credentials.get({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.creation_options.publicKey);
  // It shall sign in without a password, so the device keeps it and asks who is there.
  Object.assign(publicKey.authenticatorSelection, {
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  });
  return navigator.credentials.create({ publicKey });
}

async function optionsOf(form) {
  const { options, optionsUrl } = form.dataset;
  if (options) return JSON.parse(document.getElementById(options).textContent);
  const answer = await fetch(optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw named("Away");
  return answer.json();
}

// The back button brings the page back with a passkey that was used.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.elements.credential.value = "";
  }
});
