-- AlterTable
ALTER TABLE "Grant" ADD COLUMN     "providerKey" TEXT;

-- AlterTable
ALTER TABLE "TeamMember" ADD COLUMN     "isByHand" BOOLEAN NOT NULL DEFAULT true;

-- CreateTable
CREATE TABLE "IdentityProvider" (
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "clientSecret" BYTEA,
    "scopes" TEXT[],
    "groupsClaim" TEXT NOT NULL,
    "mappings" JSONB NOT NULL DEFAULT '[]',
    "createsPeople" BOOLEAN NOT NULL,
    "linksByEmail" BOOLEAN NOT NULL,
    "emailDomains" TEXT[],
    "secondFactor" TEXT NOT NULL,
    "isEnabled" BOOLEAN NOT NULL,
    "configuredById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "IdentityProvider_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "Identity" (
    "id" UUID NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "origin" TEXT NOT NULL,
    "email" TEXT,
    "providerKey" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Identity_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "MappedMember" (
    "providerKey" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "teamId" UUID NOT NULL,

    CONSTRAINT "MappedMember_pkey" PRIMARY KEY ("providerKey","userId","teamId")
);

-- CreateIndex
CREATE UNIQUE INDEX "IdentityProvider_name_key" ON "IdentityProvider"("name");

-- CreateIndex
CREATE INDEX "IdentityProvider_configuredById_idx" ON "IdentityProvider"("configuredById");

-- CreateIndex
CREATE INDEX "Identity_userId_idx" ON "Identity"("userId");

-- CreateIndex
CREATE INDEX "Identity_providerKey_idx" ON "Identity"("providerKey");

-- CreateIndex
CREATE UNIQUE INDEX "Identity_issuer_subject_key" ON "Identity"("issuer", "subject");

-- CreateIndex
CREATE INDEX "MappedMember_userId_idx" ON "MappedMember"("userId");

-- CreateIndex
CREATE INDEX "MappedMember_teamId_idx" ON "MappedMember"("teamId");

-- CreateIndex
CREATE INDEX "Grant_providerKey_idx" ON "Grant"("providerKey");

-- AddForeignKey
ALTER TABLE "Grant" ADD CONSTRAINT "Grant_providerKey_fkey" FOREIGN KEY ("providerKey") REFERENCES "IdentityProvider"("key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IdentityProvider" ADD CONSTRAINT "IdentityProvider_configuredById_fkey" FOREIGN KEY ("configuredById") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Identity" ADD CONSTRAINT "Identity_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Identity" ADD CONSTRAINT "Identity_providerKey_fkey" FOREIGN KEY ("providerKey") REFERENCES "IdentityProvider"("key") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MappedMember" ADD CONSTRAINT "MappedMember_providerKey_fkey" FOREIGN KEY ("providerKey") REFERENCES "IdentityProvider"("key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MappedMember" ADD CONSTRAINT "MappedMember_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MappedMember" ADD CONSTRAINT "MappedMember_teamId_fkey" FOREIGN KEY ("teamId") REFERENCES "Team"("id") ON DELETE CASCADE ON UPDATE CASCADE;
