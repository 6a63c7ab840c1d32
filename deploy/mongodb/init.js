// Makes a role and a user for each of the two services that keep data, and nothing more. Doing it again sets the
// passwords anew.
//
//   mongosh "mongodb://admin@HOST/admin" init.js
//
// The passwords are read from the files that these variables name; they stand on no command line:
//   OPENTWIN_PROJECT_PASSWORD_FILE, OPENTWIN_AUTHORIZATION_PASSWORD_FILE
// The official image runs it at its first start when it lies in /docker-entrypoint-initdb.d.

const fs = require("fs");

// What the store does, and no more: no dropping, no other database, no users.
const ACTIONS = ["find", "insert", "update", "remove", "createCollection", "createIndex", "listCollections"];

function password(variable) {
  const file = process.env[variable];
  if (!file) {
    throw new Error(`${variable} is not set: it names the file with the password`);
  }
  const text = fs.readFileSync(file, "utf8").replace(/[\r\n]+$/, "");
  if (text.length < 12) {
    throw new Error(`the password in ${file} has less than 12 characters`);
  }
  return text;
}

function service(name, variable) {
  const database = `opentwin-${name}`;
  // The user lies in the database that it may use: the address is mongodb://USER@HOST/DATABASE.
  const its = db.getSiblingDB(database);
  const privileges = [{ resource: { db: database, collection: "" }, actions: ACTIONS }];
  if (its.getRole("opentwin")) {
    its.updateRole("opentwin", { privileges, roles: [] });
  } else {
    its.createRole({ role: "opentwin", privileges, roles: [] });
  }
  const user = { pwd: password(variable), roles: [{ role: "opentwin", db: database }], mechanisms: ["SCRAM-SHA-256"] };
  if (its.getUser(name)) {
    its.updateUser(name, user);
  } else {
    its.createUser({ user: name, ...user });
  }
  print(`user ${name} may use the database ${database}`);
}

service("project", "OPENTWIN_PROJECT_PASSWORD_FILE");
service("authorization", "OPENTWIN_AUTHORIZATION_PASSWORD_FILE");
