-- AlterTable
ALTER TABLE "Installation" ALTER COLUMN "epoch" SET DATA TYPE BIGINT;
